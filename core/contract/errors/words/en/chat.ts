/** Errors of conversations, replies and settings, in English. */
import { wordsOf } from '../../kinds.ts';
import type { chatErrors } from '../../table/chat.ts';

export const chat = wordsOf<typeof chatErrors>()({
  'chat.not-in-conversation': [
    'This message is not in that conversation. Nothing was changed.',
    'Reload the conversation.',
  ],
  'chat.branch-being-written': [
    'A reply in this branch is still being written.',
    'Wait until it has ended, or stop it.',
  ],
  'chat.question-being-answered': [
    'A reply to this question is still being written.',
    'Wait until it has ended, or stop it.',
  ],
  'chat.reply-being-written': ['This reply is still being written.', 'Wait until it has ended, or stop it.'],
  'chat.being-written-here': ['A reply is still being written here.', 'Wait until it has ended, or stop it.'],
  'chat.no-other-model': ['Here only the loaded model can answer. Nothing was stored.', 'Ask without naming a model.'],
  'chat.other-model': [
    'This reply was written by another model ({written}), whose tokens {loaded} does not know.',
    'Retry the reply.',
  ],
  'chat.closing': 'Mezzotint is closing. Nothing was sent.',
  'chat.not-branched': ['Only a reply that was written here can be branched from.', 'Choose another reply.'],
  'chat.not-repeated': ['Only a reply that was written here can be written again.', 'Choose another reply.'],
  'chat.not-rewritten': ['Only a reply that was written here can be rewritten in places.', 'Choose another reply.'],
  'chat.not-a-question': ['A reply can only be written to a question.', 'Choose a question.'],
  'chat.empty-question': ['The question is empty. Nothing was sent.', 'Write something first.'],
  'chat.first-has-no-parent': 'A first question has no message before it. Nothing was sent.',
  'chat.not-a-reply': ['Only a reply can be continued.', 'Choose a reply.'],
  'chat.complete': ['This reply is complete.', 'Retry it, or ask a further question.'],
  'chat.gone-on': [
    'The conversation has gone on after this reply.',
    'Retry the reply: that begins a branch of its own.',
  ],
  'chat.too-few-tokens': 'This reply has {has#token#tokens}, not {asked}. Nothing was changed.',
  'chat.no-such-part': "This reply has {has#token#tokens}; {from}–{to} can't be kept. Nothing was changed.",
  'chat.file-of-another': [
    'A file can only be kept within its conversation. Nothing was sent.',
    'Attach the file again.',
  ],
  'chat.files-too-long': [
    'The files have {characters#character#characters}; one question takes {most}. Nothing was sent.',
    'Attach fewer of them, or parts.',
  ],
  'chat.being-stopped': [
    'A reply in one of these conversations is just being stopped. Nothing was erased.',
    'Try again in a moment.',
  ],
  'chat.clock-ahead': [
    'The clock of this computer is {ahead#day#days} ahead of when Mezzotint last ran. In case it is wrong, nothing is erased yet. {conversations#conversation stays#conversations stay} in the trash until the clock has run evenly for {wait#more day#more days}.',
    'Correct the clock if it is wrong. If it is right, there is nothing to do; you can also empty the trash yourself.',
  ],
  'presets.not-json': ['This file is not JSON. Nothing was imported.', 'Choose a file that was exported here.'],
  'presets.none': [
    'This file holds no presets of Mezzotint. Nothing was imported.',
    'Choose a file that was exported here.',
  ],
  'presets.newer': [
    'This file was written by a newer Mezzotint (its version is {found}; this one reads {known}).',
    'Install the newest Mezzotint and import it there.',
  ],
  'presets.too-many': ['This file holds more than {most#preset#presets}. Nothing was imported.', 'Split it.'],
  'presets.no-room': [
    'There is room for {most#preset#presets}. Nothing was changed.',
    'Delete some that you do not need.',
  ],
  'chat.too-long': [
    'This needs {tokens#token#tokens} with the instructions; the model reads {room}. Nothing was sent.',
    'Shorten it, or send it in parts.',
  ],
  'queue.gone': ['This question does not wait any more.', 'Look for it in the conversation.'],
  'queue.reply-elsewhere': ['This reply is not in that conversation. Nothing was changed.', 'Reload the conversation.'],
  'queue.full': ['{most#question waits#questions wait} already.', 'Wait until one of them is sent, or take one off.'],
  'chat.unexpected-event': [
    'The engine sent something out of turn ({event}). What was committed is kept.',
    'Continue or retry the reply.',
  ],
  'chat.message-deleted': ['This message is deleted.', 'Restore it first.'],
  'capability.fill': [
    'The engine in use cannot rewrite parts of a reply.',
    'Retry the whole reply, or choose another model.',
  ],
  'capability.tokenIds': [
    'The engine in use does not say which tokens it writes, so no reply can be gone on with.',
    'Retry the reply.',
  ],
  'capability.layout': [
    'The engine in use cannot keep parts of a reply fixed. Nothing was sent.',
    'Take the template away, or choose another model.',
  ],
  'capability.seeded': ['The engine in use does not write the same reply twice.', 'Retry the reply.'],
  'capability.resume': ['The engine in use does not go on with a reply.', 'Retry the reply.'],
  'capability.preview': ['The engine in use does not say how it reads a question.', 'Choose another model.'],
  'chat.tokens-unknown': [
    'This reply was written by an engine that does not say which tokens it writes. It can be retried, and not gone on with.',
    'Retry the reply.',
  ],
  'settings.no-sampler': [
    'This model does not offer the sampler “{sampler}”. Nothing was changed.',
    'Choose one of these: {offered}.',
  ],
});
