/** Errors of the command line, in English. */
import { wordsOf } from '../../kinds.ts';
import type { cliErrors } from '../../table/cli.ts';

export const cli = wordsOf<typeof cliErrors>()({
  'cli.no-such-sampler': [
    '{model} has no sampler called {sampler}. Nothing was written.',
    'Use one of these with --sampler: {offered}.',
  ],
  'cli.no-such-speed': [
    '{of} has no speed called {speed}. Nothing was written.',
    'Use one of these with --speed: {offered}.',
  ],
  'cli.no-speeds': ['{of} has no speed called {speed}. Nothing was written.', 'It has none: leave --speed out.'],
  'cli.no-such-mode': ['{model} has no {mode} mode. Nothing was written.', 'Use one of these with --mode: {offered}.'],
  'cli.no-such-param': [
    'The sampler {sampler} has no parameter called {param}. Nothing was written.',
    'It takes these: {known}.',
  ],
  'cli.no-params': ['The sampler {sampler} has no parameter called {param}. Nothing was written.', 'It takes none.'],
  'cli.input-is-folder': ["Standard input can't be read: it is a folder.", 'Redirect a file into the command.'],
  'cli.no-file': ['There is no file {file}. Nothing was written.', 'Check the path given by --{option}.'],
  'cli.data-unreadable': [
    "The data folder can't be read: {reason}. Nothing was changed.",
    'Check its permissions, or name another folder with --data.',
  ],
  'cli.no-conversations': ['There are no conversations of Mezzotint in {folder}.', 'Check --data and MEZZOTINT_DATA.'],
  'cli.no-folder': ['There is no folder {folder}.', 'Check --data and MEZZOTINT_DATA.'],
  'cli.input-unreadable': [
    "Standard input can't be read: {reason}.",
    'Check what is piped or redirected into the command.',
  ],
  'cli.input-too-long': ['Standard input has more than {most#byte#bytes}. Nothing was sent.', 'Send a shorter text.'],
  'cli.input-not-utf8': [
    'Standard input is not UTF-8 text. Nothing was sent.',
    'Convert it first, for example with iconv.',
  ],
  'cli.app-ended': [
    'Mezzotint ended, or the connection to it was lost. Nothing that was written is lost.',
    'Look whether the step took effect, and repeat it if not.',
  ],
  'cli.file-unreadable': ["{file} can't be read: {reason}.", 'Check the path and the disk, and try again.'],
  'cli.pipe-too-long': [
    '{file} gives more than {megabytes} MB. Nothing was imported.',
    'Save it to a file and import that.',
  ],
  'cli.source-is-folder': ['{file} is a folder. Nothing was imported.', 'Name the files in it.'],
  'cli.export-left-aside': [
    "{file} can't be written: {reason}. All of the export is in {partial}.",
    'Move that file where you want it.',
  ],
  'cli.target-is-folder': ['{file} is a folder. Nothing was written.', 'Name a file in it.'],
  'cli.target-is-disk': ['{file} is a disk. Nothing was written.', 'Name a file.'],
  'cli.reader-gone': ['Whoever read {file} went away before everything was written.', 'Run the command again.'],
  'cli.target-unwritable': ["{file} can't be written: {reason}.", 'Check the path and the disk, and try again.'],
  'cli.no-model': [
    'There is no model {model} at {folder}.',
    'Name a folder that holds a manifest.json, or leave --model out.',
  ],
  'cli.model-too-large-try-4-bits': [
    'Running {model} takes about {needed} of memory; this machine has {has}. Nothing was added.',
    'Add it with --bits 4.',
  ],
  'cli.model-too-large': [
    'Running {model} takes about {needed} of memory; this machine has {has}. Nothing was added.',
    'Choose a smaller model: models fit shows which suit this machine.',
  ],
  'cli.nobody-answers': ['This asks before it goes on, and nobody can answer here. Nothing was added.', 'Say --yes.'],
  'cli.not-in-catalogue': ['The catalogue has no model {model}.', 'See models search.'],
  'cli.not-in-catalogue-offline': [
    'The catalogue has no model {model}.',
    'See models search, or ask the hub about a repository with --online.',
  ],
  'cli.kind-unknown': [
    'Nothing in these files tells which kind of {family} they are. Nothing was added.',
    'Say it with --recipe: {recipes}.',
  ],
  'cli.delete-asks': ['{model} would be deleted. Nothing was done.', 'Add --yes: mezzotint models rm {id} --yes.'],
  'cli.import-ended': ['The import was ended. Nothing was written.', 'Run the command again.'],
  'cli.nothing-asked': ['There is no reply in this conversation yet.', 'Ask something first.'],
  'cli.app-writes-elsewhere': [
    'Mezzotint is open with this data folder, and {server} is not what writes its replies. Nothing was sent.',
    'Choose {server} there, or close it first.',
  ],
  'cli.has-own-model': [
    'The conversation “{title}” has a model of its own, {model}, which writes its replies. Nothing was sent.',
    'Leave --server out, or begin another conversation.',
  ],
  'cli.modes-unknown': [
    '{model} is not loaded while another reply is written, so its modes are not known. Nothing was asked.',
    'Leave --mode out, or wait until that reply has ended.',
  ],
  'cli.nothing-fetched': ['Nothing was fetched of {repository}.', 'See models downloads.'],
});
