/** Errors of fetching checkpoints from a hub, in English. */
import { wordsOf } from '../../kinds.ts';
import type { hubErrors } from '../../table/hub.ts';

export const hub = wordsOf<typeof hubErrors>()({
  'hub.no-address': [
    'HF_ENDPOINT is {given}, which is no web address. Nothing was fetched.',
    'Write it as https://host, or unset it.',
  ],
  'hub.certificate': [
    "{host} can't be reached: {reason}. What was fetched is kept.",
    'Name your network’s certificate by NODE_EXTRA_CA_CERTS, and try again.',
  ],
  'hub.unreachable': [
    "{host} can't be reached: {reason}. What was fetched is kept.",
    'Check the connection and HTTPS_PROXY, and try again: it goes on where it ended.',
  ],
  'hub.gated': [
    '{repository} is given only to accounts that accepted its terms. Nothing was fetched.',
    'Accept the terms at {page}, then give a token of that account: in the window of models, or by HF_TOKEN.',
  ],
  'hub.gated-for-token': [
    '{repository} is given only to accounts that accepted its terms, and your token belongs to none of them. Nothing was fetched.',
    'Accept the terms at {page}, then give a token of that account: in the window of models, or by HF_TOKEN.',
  ],
  'hub.token-refused': [
    'The hub refuses your token for {repository}. Nothing was fetched.',
    'Check the token and its permissions, or take it away.',
  ],
  'hub.hidden': [
    'The hub has no {repository}, or shows it only to some accounts. Nothing was fetched.',
    'Check the name; for a private repository give a token of your account: in the window of models, or by HF_TOKEN.',
  ],
  'hub.no-revision': ['{repository} has no such revision. Nothing was fetched.', 'Check the name and the revision.'],
  'hub.no-file': ['{repository} has no file {file}. Nothing was fetched.', 'Check the name and the revision.'],
  'hub.no-repository': ['The hub has no {repository}. Nothing was fetched.', 'Check the name and the revision.'],
  'hub.later': [
    '{host} asks to come back later. What was fetched is kept.',
    'Try again then: it goes on where it ended. A token raises the limit.',
  ],
  'hub.later-in': [
    '{host} asks to come back later, in {seconds#second#seconds}. What was fetched is kept.',
    'Try again then: it goes on where it ended. A token raises the limit.',
  ],
  'hub.status': [
    '{host} answered with status {status}. What was fetched is kept.',
    'Try again later: it goes on where it ended.',
  ],
  'hub.unsafe': [
    '{host} leads to {target}, which is not safe. What was fetched is kept.',
    'Check HF_ENDPOINT, or try again later.',
  ],
  'hub.circle': ['{host} leads in a circle. What was fetched is kept.', 'Check HF_ENDPOINT, or try again later.'],
  'hub.cut': 'The connection to {host} was cut.',
  'hub.foreign-address': [
    '{given} is no repository of {host}. Nothing was fetched.',
    'Write it as ORG/NAME, or name another hub by HF_ENDPOINT.',
  ],
  'hub.cut-off': [
    '{host} cuts {file} off again and again: {reason}. What was fetched is kept.',
    'Try again later: it goes on where it ended.',
  ],
  'hub.disk-full': [
    'The disk is full. What was fetched is kept.',
    'Make room, and try again: it goes on where it ended.',
  ],
  'hub.unwritable': [
    "The model can't be written: {reason}. What was fetched is kept.",
    'Check the folder, and try again: it goes on where it ended.',
  ],
  'hub.fetching': ['{repository} is being fetched already.', 'Wait until that has ended, or stop it.'],
  'hub.folder-not-made': [
    "The folder {folder} can't be made. Nothing was fetched.",
    'Check permissions and free space of the data folder.',
  ],
  'hub.no-room': [
    'Fetching {repository} takes {needed} on this disk, which has {free} free. Nothing was fetched.',
    'Make room, or choose another data folder.',
  ],
  'hub.disk-nearly-full': [
    'The disk is nearly full. What was fetched is kept.',
    'Make room, and try again: it goes on where it ended.',
  ],
  'hub.proxy-unsupported': [
    "{name} is set, and this version of Node can't use a proxy. Nothing was fetched.",
    'Use Node 24.14 or newer, or unset it.',
  ],
  'hub.proxy-invalid': [
    '{name} names no proxy that can be used. Nothing was fetched.',
    'Write it as http://host:port, or unset it.',
  ],
  'hub.not-a-repository': ['{given} is no repository of the hub. Nothing was fetched.', 'Write it as ORG/NAME.'],
  'hub.no-such-gguf': ['{repository} has no GGUF file {file}. Nothing was fetched.', 'Choose one of {known}.'],
  'hub.no-gguf': ['{repository} has no GGUF file {file}. Nothing was fetched.', 'Leave --file out.'],
  'hub.no-checkpoint': [
    "{repository} has no {missing}, so it can't be imported. Nothing was fetched.",
    'Choose a model in the form that transformers saves.',
  ],
  'hub.only-gguf': [
    "{repository} has no {missing}, so it can't be imported. Nothing was fetched.",
    'It has GGUF files: name one with --file, such as {example}.',
  ],
  'hub.header-cut': ["The header of {file} can't be fetched: it is cut off.", 'Try again later.'],
  'hub.came-different': [
    '{file} of {repository} came with other bytes than the hub lists. It was thrown away.',
    'Try again later. Behind a mirror or a proxy, check what it gives.',
  ],
  'hub.came-longer': [
    '{file} of {repository} came longer than {bytes#byte#bytes}. It was thrown away.',
    'Try again later. Behind a mirror or a proxy, check what it gives.',
  ],
  'hub.no-commit': [
    "The hub's answer about {repository} names no commit. Nothing was fetched.",
    'Check HF_ENDPOINT, or try again later.',
  ],
  'hub.no-hash': [
    "The hub's answer about {repository} gives {file} no hash. Nothing was fetched.",
    'Check HF_ENDPOINT, or try again later.',
  ],
  'hub.too-large': [
    "The hub's answer about {repository} has a {file} of {bytes#byte#bytes}. Nothing was fetched.",
    'Check HF_ENDPOINT, or try again later.',
  ],
  'hub.unreadable': [
    "The hub's answer about {repository} can't be read. Nothing was fetched.",
    'Check HF_ENDPOINT, or try again later.',
  ],
  'hub.came-another': [
    '{file} of {repository} came as another file than the hub lists. It was thrown away.',
    'Try again later. Behind a mirror or a proxy, check what it gives.',
  ],
  'hub.came-elsewhere': [
    '{file} of {repository} came from another place than was asked for. It was thrown away.',
    'Try again later. Behind a mirror or a proxy, check what it gives.',
  ],
  'hub.came-length': [
    '{file} of {repository} came with a length of {has} bytes, not {bytes}. It was thrown away.',
    'Try again later. Behind a mirror or a proxy, check what it gives.',
  ],
});
