/** Errors of the engine and its process, in English. */
import { wordsOf } from '../../kinds.ts';
import type { engineErrors } from '../../table/engine.ts';

export const engine = wordsOf<typeof engineErrors>()({
  'engine.no-such-span': 'There is no span {from}–{to} to fill in a reply of {has#token#tokens}. Nothing was written.',
  'engine.no-device': [
    'No device can run the model: {reasons}. Your conversations are safe.',
    'Restart the app; if it stays, install it again.',
  ],
  'engine.no-model': ['No model is loaded.', 'Wait until the model is loaded, or restart the engine.'],
  'engine.not-loaded-yet': ['No model is loaded yet.', 'Wait until the model is loaded, or restart the engine.'],
  'engine.app-closing': ['The app is closing. Nothing was changed.', 'Start it again.'],
  'engine.template-too-long': [
    "With this template the reply needs {tokens#token#tokens} of context; the model's holds {context}. Nothing was written.",
    'Shorten the template, or begin a new conversation.',
  ],
  'engine.out-of-memory-step': [
    'This step could not be done, because there was not enough memory ({reason}). What was committed is kept.',
    'Close programs that need much memory, begin a shorter conversation, or use a smaller model. Then try again.',
  ],
  'engine.out-of-memory-load': [
    'The model could not be loaded, because there was not enough memory ({reason}). Your conversations are safe.',
    'Close programs that need much memory, or use a smaller model. Then try again.',
  ],
  'engine.weights-not-finite': [
    'The weights give numbers that are not finite: the checkpoint is damaged, or made for another precision.',
    'Get the checkpoint again.',
  ],
  'engine.silent': [
    'The engine does not answer. Nothing was changed.',
    'Restart the engine, or wait until it answers again.',
  ],
  'engine.too-slow': [
    'The engine is busy with a long step and did not answer in time. Nothing was changed.',
    'Try again in a moment, or restart the engine.',
  ],
  'engine.restarted': [
    'The engine was restarted under this reply. What was committed is kept.',
    'Continue or retry the reply.',
  ],
  'engine.did-not-answer': [
    'The engine did not answer and was ended. What was committed is kept.',
    'It is starting again by itself: continue or retry the reply.',
  ],
  'engine.ended': [
    'The engine ended unexpectedly. What was committed is kept.',
    'It is starting again by itself: continue or retry the reply.',
  ],
  'engine.ended-for-good': [
    'The engine ended unexpectedly. What was committed is kept.',
    'Restart the engine, then continue or retry the reply.',
  ],
  'engine.ended-for-memory': [
    'The engine was ended, most likely because memory ran out. What was committed is kept.',
    'Close programs that need much memory, or use a smaller model. It is starting again by itself: continue or retry the reply.',
  ],
  'engine.ended-for-memory-for-good': [
    'The engine was ended, most likely because memory ran out. What was committed is kept.',
    'Close programs that need much memory, or use a smaller model. Restart the engine, then continue or retry the reply.',
  ],
  'engine.ended-often': [
    'The engine ended unexpectedly {times#time#times} within a short while. Your conversations are safe.',
    'Close programs that need much memory, or use a smaller model. Then restart the engine.',
  ],
  'engine.ended-often-for-memory': [
    'The engine was ended {times#time#times}, most likely because memory ran out. Your conversations are safe.',
    'Close programs that need much memory, or use a smaller model. Then restart the engine.',
  ],
  'engine.event-missing': [
    'The engine sent event {got} where {due} was due. What was committed is kept.',
    'Continue or retry the reply.',
  ],
  'engine.closed-early': ['The engine was closed before it was ready.', 'Start the command again.'],
  'engine.no-end': ['The reply had no end. Nothing was saved.', 'Try again.'],
  'engine.event-misfit': [
    'The engine sent something that does not fit. What was committed is kept.',
    'Continue or retry the reply.',
  ],
  'engine.prompt-too-long': [
    "The prompt has {tokens#token#tokens}, but the model's context holds {context}, of which {reserve} are kept for the reply. Nothing was written.",
    'Shorten the prompt.',
  ],
});
