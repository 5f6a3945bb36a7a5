/** Errors of servers on other machines, in English. */
import { wordsOf } from '../../kinds.ts';
import type { remoteErrors } from '../../table/remote.ts';

export const remote = wordsOf<typeof remoteErrors>()({
  'remote.no-address': [
    '{given} is no address of a server. Nothing was sent.',
    'Give one like https://example.com/v1 or http://127.0.0.1:8000.',
  ],
  'remote.no-key-in-address': [
    'The address holds a name or a password. Nothing was sent.',
    'Leave them out, and give the key by itself.',
  ],
  'remote.plain-public': [
    'Plain HTTP to {host} would show your words and the key to everyone on the way. Nothing was sent.',
    'Use an https address. Plain HTTP is possible to this machine and to private addresses.',
  ],
  'remote.plain-private': [
    'Plain HTTP to {host} can be read by others on that network. Nothing was sent.',
    'Confirm that you trust the network, or use an https address.',
  ],
  'remote.unreachable': [
    "{host} can't be reached ({reason}). What was committed is kept.",
    'Check that the server runs and that the address is right, then retry.',
  ],
  'remote.proxy': [
    'The proxy that HTTPS_PROXY names leads to no {host}. What was committed is kept.',
    'Check the proxy, or name the host in NO_PROXY, then retry.',
  ],
  'remote.proxy-unsupported': [
    "{name} is set, and this version of Node can't use a proxy. Nothing was sent.",
    'Use Node 24.14 or newer, or unset it.',
  ],
  'remote.proxy-invalid': [
    '{name} names no proxy that can be used. Nothing was sent.',
    'Write it as http://host:port, or unset it.',
  ],
  'remote.certificate': [
    'The certificate of {host} is not trusted ({reason}). Nothing was sent.',
    'Check the address. NODE_EXTRA_CA_CERTS can name a file with certificates of your own.',
  ],
  'remote.redirect': [
    '{host} leads on to {target}. Mezzotint does not follow, since the key would go along.',
    'If you trust that address, add it as the server.',
  ],
  'remote.no-json': [
    '{host} answered with something other than JSON, beginning with “{began}”. What was committed is kept.',
    'Check the address: the path of the API is often missing, for example /v1.',
  ],
  'remote.misfit': [
    '{host} sent something that does not fit: {reason}. What was committed is kept.',
    'Continue or retry the reply.',
  ],
  'remote.key-refused': ['{host} refuses the key. Nothing was written.', 'Remove the server and add it with its key.'],
  'remote.no-path': ['{host} knows no {path}. Nothing was written.', 'Check the address and the name of the model.'],
  'remote.refused': [
    '{host} refused with status {status}: {reason}. What was committed is kept.',
    'Change what the server names, or retry the reply.',
  ],
  'remote.said': [
    '{host} reports an error: {reason}. What was committed is kept.',
    'Continue or retry the reply, here or with another model.',
  ],
  'remote.broke-off': [
    '{host} ended the reply before it was whole ({reason}). What was committed is kept.',
    'Continue or retry the reply, here or with another model.',
  ],
  'remote.only-reasoning': [
    'The model of {host} used the whole length for reasoning and wrote no reply.',
    'Allow a longer reply in the settings, then retry.',
  ],
  'remote.busy': ['{host} is busy. What was committed is kept.', 'Retry in a moment, or choose another model.'],
  'remote.busy-for': [
    '{host} is busy and asks to wait {seconds#second#seconds}. What was committed is kept.',
    'Retry then, or choose another model.',
  ],
  'remote.cut': [
    'The connection to {host} was cut before the reply was whole. What was committed is kept.',
    'Continue or retry the reply, here or with another model.',
  ],
  'remote.silent': [
    '{host} has sent nothing for {seconds#second#seconds}. What was committed is kept.',
    'Continue or retry the reply, here or with another model.',
  ],
  'remote.too-large': [
    '{host} sent more than {most} at once. It was not read, and what was committed is kept.',
    'Retry the reply, or choose another model.',
  ],
  'remote.other-dialect': [
    '{host} does not send what it sent when it was tested ({dialect}). What was committed is kept.',
    'Test the server again.',
  ],
  'remote.no-models': ['{host} lists no models. Nothing was changed.', 'Name the model by yourself.'],
  'remote.only-writes': ['{host} can only write replies. Nothing was changed.', 'Choose a model of this machine.'],
  'servers.unknown': ['There is no server {server}. There are: {known}.', 'Name one of these, or add it.'],
  'servers.name-taken': ['There is a server named {name} already. Nothing was changed.', 'Give another name.'],
  'servers.too-many': ['There are {most#server#servers} already. None was added.', 'Remove one that you do not use.'],
  'servers.no-model': ['No model of {server} is chosen. Nothing was changed.', 'Name one of its models.'],
  'servers.not-stored': [
    "The servers can't be stored ({reason}). Nothing was changed.",
    'Check that the data folder can be written to.',
  ],
  'servers.unreadable': [
    "The list of servers can't be read. It is left as it is, and no server is used.",
    'Mend or remove {file}, then start again.',
  ],
  'servers.key-unreadable': [
    "The key of {server} can't be read from the system's key store. Nothing was sent.",
    'Remove the server and add it again with its key.',
  ],
  'servers.local-only': [
    'This conversation stays on this machine, and {host} is in use. Nothing was sent.',
    'Choose a model of this machine, or change the conversation’s settings.',
  ],
});
