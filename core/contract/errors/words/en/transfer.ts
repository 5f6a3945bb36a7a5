/** Errors of export and import, in English. */
import { wordsOf } from '../../kinds.ts';
import type { transferErrors } from '../../table/transfer.ts';

export const transfer = wordsOf<typeof transferErrors>()({
  'transfer.no-pdf-here': ['A PDF is made by the desktop app.', 'Export a web page, open it, and print it to a PDF.'],
  'transfer.pdf-too-long': [
    'That is more than is printed at once. No file was saved.',
    'Export fewer conversations, or a web page.',
  ],
  'transfer.pdf-failed': [
    'The PDF cannot be printed: {why} No file was saved.',
    'Export a web page, open it, and print it to a PDF.',
  ],
  'transfer.steps-only-in-json': [
    'Only JSON holds the steps of a reply.',
    'Export as Mezzotint JSON, or leave the steps out.',
  ],
  'transfer.newer': [
    'This file was written by a newer Mezzotint (its version is {found}; this one reads {known}).',
    'Install the newest Mezzotint and import it there.',
  ],
  'transfer.no-list': [
    'This file says it is from Mezzotint, but has no list of conversations.',
    'Export it again, or download it again.',
  ],
  'transfer.import-gone': ['This import is no longer under way.', 'Begin it again: what is in your list is as it was.'],
  'transfer.export-gone': ['This export is no longer under way.', 'Begin it again: what is in your list is as it was.'],
  'transfer.too-much-at-once': [
    'With this file there are more than {megabytes} MB to import at once.',
    'Import the files in smaller groups.',
  ],
  'transfer.no-bytes-expected': 'No bytes are expected for this file.',
  'transfer.other-bytes-expected': 'These bytes are not those that are wanted next.',
  'transfer.not-sent-whole': '{name} was not sent whole. Nothing was imported.',
  'transfer.read-already': 'These files were read already.',
  'transfer.not-read-yet': 'This import was not read yet, or runs already.',
  'transfer.pieces-in-order': 'The pieces of an export come in order.',
  'transfer.others-under-way': ['Other imports are under way.', 'Wait until they have ended.'],
  'transfer.nothing-in-zip': [
    'There is no file in this zip archive that can be imported.',
    'Choose the zip that an app exported, or one with JSON, JSONL or Markdown files in it.',
  ],
  'transfer.zip-too-large': [
    'Unpacked, this zip archive has {files#file#files} and {size} to import; at most {mostFiles} and {megabytes} MB are read.',
    'Unpack it and import the files in it in smaller groups.',
  ],
  'transfer.became-shorter': [
    '{name} became shorter while it was read.',
    'Wait until it is downloaded, and import it again.',
  ],
  'transfer.one-not-written': [
    '“{title}” cannot be written: {why} No file was saved, and your conversations are as they were.',
    'Export the others without it, or choose another format.',
  ],
  'transfer.one-not-read': [
    'A conversation cannot be read: {why} No file was saved, and your conversations are as they were.',
    'Export the others without it, or choose another format.',
  ],
  'zip.number-too-large': [
    'This zip archive is damaged: a number in it is too large.',
    'Download it again, or unpack it and import the files in it.',
  ],
  'zip.list-missing': [
    'This zip archive is damaged: its list of files is missing.',
    'Download it again, or unpack it and import the files in it.',
  ],
  'zip.list-misplaced': [
    'This zip archive is damaged: its list of files is not where it says.',
    'Download it again, or unpack it and import the files in it.',
  ],
  'zip.entry-misplaced': [
    'This zip archive is damaged: entry {entry} of its list is not where it should be.',
    'Download it again, or unpack it and import the files in it.',
  ],
  'zip.entry-cut': [
    'This zip archive is damaged: entry {entry} of its list is cut.',
    'Download it again, or unpack it and import the files in it.',
  ],
  'zip.file-misplaced': [
    'This zip archive is damaged: {name} is not where its list says.',
    'Download it again, or unpack it and import the files in it.',
  ],
  'zip.file-cut': [
    'This zip archive is damaged: {name} is cut.',
    'Download it again, or unpack it and import the files in it.',
  ],
  'zip.not-unpacked': [
    'This zip archive is damaged: {name} cannot be unpacked.',
    'Download it again, or unpack it and import the files in it.',
  ],
  'zip.file-differs': [
    'This zip archive is damaged: {name} is not what it was when it was packed.',
    'Download it again, or unpack it and import the files in it.',
  ],
  'zip.too-many-files': [
    'This zip archive holds more files than an export does.',
    'Unpack it and import the files in it.',
  ],
  'zip.encrypted': ['{name} in it is encrypted.', 'Unpack it and import the files in it.'],
  'zip.grows-too-much': [
    '{name} in it would grow to {size} out of almost nothing, so it is not unpacked.',
    'Unpack it and import the files in it.',
  ],
  'zip.other-method': [
    '{name} in it is packed in a way that is not read here.',
    'Unpack it and import the files in it.',
  ],
  'transfer.too-large': ['This file is larger than {megabytes} MB.', 'Split it and import the parts.'],
  'transfer.not-utf8': ['This file is not text in UTF-8.', 'Save it as UTF-8 and import it again.'],
  'transfer.json-damaged': [
    'This file begins like JSON but is damaged: {reason}.',
    'Export it again, or download it again.',
  ],
  'transfer.unknown-format': [
    'This file is in no format that can be imported.',
    'Choose an export of Mezzotint, ChatGPT, Claude.ai, llama.cpp, Open WebUI, LM Studio, DeepSeek, Gemini, LibreChat or Jan. A file of ShareGPT or OpenAI messages, or a Markdown transcript, will do as well.',
  ],
  'other.app': [
    'This is a file of {app}, which cannot be imported.',
    'Copy the conversations you need into a Markdown file with a heading for each speaker. Or ask that app for OpenAI, ShareGPT or Markdown files.',
  ],
  'other.app-with-markdown': [
    'This is a file of {app}, which cannot be imported.',
    'Export each conversation from {app} as Markdown and import those files.',
  ],
  'other.google-product': [
    'This is activity of another Google product, which cannot be imported.',
    'In Google’s Takeout choose My Activity, and in it Gemini Apps alone, as JSON.',
  ],
  'other.presets': [
    'This is Mezzotint’s list of presets, which cannot be imported.',
    'Import it under Presets in the settings.',
  ],
  'other.trace': [
    'This is the record of one of Mezzotint’s replies, which cannot be imported.',
    'It is for programs to read. A conversation comes back from Mezzotint JSON.',
  ],
  'other.gemini-page': [
    'This is Gemini’s activity as a web page, which cannot be imported.',
    'Order it from Google’s Takeout once more, with JSON as the format of My Activity.',
  ],
  'other.chatgpt-page': [
    'This is ChatGPT’s chat.html, which cannot be imported.',
    'Choose the conversations.json beside it, or the zip that both came in.',
  ],
  'other.web-page': [
    'This is a web page, which cannot be imported.',
    'Choose the JSON or Markdown that the app exports.',
  ],
  'other.own-csv': [
    'This is Mezzotint’s CSV for spreadsheets, which cannot be imported.',
    'Export the conversations as Mezzotint JSON and import that: the CSV leaves things out.',
  ],
  'other.sqlite': [
    'This is a database (SQLite), which cannot be imported.',
    'Export the conversations from the app that it belongs to. A backup of Mezzotint is opened under Your data in the settings.',
  ],
  'other.archive': ['This is an archive ({kind}), which cannot be imported.', 'Unpack it and import the files in it.'],
  'other.pdf': ['This is a PDF, which cannot be imported.', 'Choose the JSON or Markdown that the app exports.'],
  'other.gguf': ['This is a model (GGUF), which cannot be imported.', 'Models are imported with npm run import.'],
  'other.picture': ['This is a picture, which cannot be imported.', 'Choose the file of conversations.'],
  'zip.list-not-zip64': [
    'This zip archive is damaged: its list of files is said to be in the ZIP64 form, and is not.',
    'Download it again, or unpack it and import the files in it.',
  ],
  'bad.no-messages': 'It has no messages.',
  'bad.no-mapping': 'It has no messages (“mapping” is missing or no object).',
  'bad.no-list': 'It has no list of messages.',
  'bad.no-chat-messages': 'It has no list of messages (“chat_messages”).',
  'bad.no-conv': 'It has no “conv” and list of messages.',
  'bad.no-thread': 'It is no thread and no message of one.',
  'bad.no-turns': 'It has no list of turns (“conversations”).',
  'bad.no-prompt': 'It has no prompt (“title”).',
  'bad.no-activity': 'It is an activity without a prompt or an answer.',
  'bad.same-message-id': 'Another message has the same identifier.',
  'bad.parent-not-before': 'It names no message that stands before this one.',
  'bad.generations-of-question': 'Only a reply has generations.',
  'bad.same-generation-id': 'Another generation has the same identifier.',
  'bad.no-message-of-this': 'It names no message of this conversation.',
  'bad.files-of-reply': 'Only a question has files.',
  'bad.deleted-with-alone': 'It stands with deletedAt, or not at all.',
  'bad.no-child': 'It names no child of this message.',
  'odd.no-node': 'It is no message node and was left out.',
  'odd.parent-neither': 'It is neither a name nor null; the message stands first now.',
  'odd.message-neither': 'It is neither a message nor null and was left out.',
  'odd.children-no-names': 'It is no list of names and was passed over.',
  'odd.children-no-messages': 'It is no list of messages and was passed over.',
  'odd.no-versions': 'It has no versions and was left out.',
  'odd.no-message': 'It is no message and was left out.',
  'odd.no-turn': 'It is no turn and was left out.',
  'odd.unknown-fragment': 'It is no question, thought or reply; it stands there as a note.',
  'odd.no-name': 'It has no name; it stands where the file has it.',
  'odd.same-name': 'Another message has the same name; both were kept.',
  'odd.parent-not-empty': 'It is neither a name nor empty; the message stands first now.',
  'odd.no-attachments': 'It is no list of attachments; it stands there as a note.',
  'odd.no-blocks': 'It is no list of blocks; the message’s text was taken.',
  'odd.answer-too-long': 'Its answer is too long to be set as Markdown; it stands as plain text.',
  'odd.no-text': 'It is no text; it stands there as a note.',
  'odd.own-parent': 'It names itself as the message before it; it stands first now.',
  'odd.parent-missing': 'The message before it is not in the file; it stands first now.',
  'odd.circle': 'The messages before it lead round in a circle; it stands first now.',
  'bad.too-many-messages': 'It has more than {most#message#messages}.',
  'bad.message-too-long': 'Message {message} is longer than {most#character#characters}.',
  'bad.nothing-else': '{why} Nothing else is in it.',
  'bad.not-json': 'It is not JSON ({reason}).',
  'bad.value': 'It should be {expected}, and is {received}.',
  'bad.refused': 'It does not fit ({reason}).',
  'odd.dates': 'Left out: {dates#date#dates} in it, far in the future.',
  'odd.instructions': 'Its instructions have more than {most#character#characters}; the beginning was kept.',
  'odd.more': 'More of the kind: {more}.',
  'odd.unknown-speaker': '“{name}” is no speaker that is known here; the words stand as a reply that names it.',
  'odd.before-speaker': 'What stands before the first speaker is kept with the deleted messages (“{words}”).',
});
