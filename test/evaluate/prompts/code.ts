/** Small functions, each asked for in Python and in JavaScript, with calls and what they must give. */
import { ask, type Draft } from './types.ts';

type Call = readonly [args: unknown[], gives: unknown];
const functions: readonly { name: string; does: string; calls: readonly Call[] }[] = [
  {
    name: 'double',
    does: 'takes a number and returns it multiplied by two',
    calls: [
      [[3], 6],
      [[0], 0],
      [[-4], -8],
    ],
  },
  {
    name: 'add',
    does: 'takes two numbers and returns their sum',
    calls: [
      [[2, 5], 7],
      [[-1, 1], 0],
      [[10, 20], 30],
    ],
  },
  {
    name: 'larger',
    does: 'takes two numbers and returns the larger one',
    calls: [
      [[2, 5], 5],
      [[9, 1], 9],
      [[4, 4], 4],
    ],
  },
  {
    name: 'square',
    does: 'takes a number and returns its square',
    calls: [
      [[5], 25],
      [[0], 0],
      [[-3], 9],
    ],
  },
  {
    name: 'isEven',
    does: 'takes a whole number and returns true if it is even, otherwise false',
    calls: [
      [[4], true],
      [[7], false],
      [[0], true],
    ],
  },
  {
    name: 'countVowels',
    does: 'takes a lowercase string and returns the number of vowels (a, e, i, o, u) in it',
    calls: [
      [['banana'], 3],
      [['sky'], 0],
      [['audio'], 4],
    ],
  },
  {
    name: 'reverseText',
    does: 'takes a string and returns it reversed',
    calls: [
      [['abc'], 'cba'],
      [[''], ''],
      [['noon!'], '!noon'],
    ],
  },
  {
    name: 'total',
    does: 'takes a list of numbers and returns their sum, 0 for an empty list',
    calls: [
      [[[1, 2, 3]], 6],
      [[[]], 0],
      [[[-1, 5]], 4],
    ],
  },
  {
    name: 'smallest',
    does: 'takes a list of numbers that is not empty and returns the smallest of them',
    calls: [
      [[[3, 1, 2]], 1],
      [[[5]], 5],
      [[[-2, -7]], -7],
    ],
  },
  {
    name: 'average',
    does: 'takes a list of numbers that is not empty and returns their mean',
    calls: [
      [[[2, 4]], 3],
      [[[5]], 5],
      [[[1, 2, 3, 6]], 3],
    ],
  },
  {
    name: 'firstWord',
    does: 'takes a string of words separated by spaces and returns the first word',
    calls: [
      [['red blue'], 'red'],
      [['one'], 'one'],
      [['a b c'], 'a'],
    ],
  },
  {
    name: 'factorial',
    does: 'takes a whole number n of at least 0 and returns n factorial',
    calls: [
      [[0], 1],
      [[1], 1],
      [[5], 120],
    ],
  },
  {
    name: 'fahrenheit',
    does: 'takes a temperature in degrees Celsius and returns it in degrees Fahrenheit',
    calls: [
      [[0], 32],
      [[100], 212],
      [[10], 50],
    ],
  },
  {
    name: 'onlyPositive',
    does: 'takes a list of numbers and returns a new list of those greater than zero, in the same order',
    calls: [
      [[[1, -2, 3]], [1, 3]],
      [[[]], []],
      [[[-1, 0]], []],
    ],
  },
  {
    name: 'repeatText',
    does: 'takes a string and a whole number n and returns the string repeated n times',
    calls: [
      [['ab', 2], 'abab'],
      [['x', 0], ''],
      [['y', 3], 'yyy'],
    ],
  },
  {
    name: 'lengths',
    does: 'takes a list of strings and returns a list of their lengths',
    calls: [
      [[['a', 'bcd']], [1, 3]],
      [[[]], []],
      [[['', 'xy']], [0, 2]],
    ],
  },
  {
    name: 'countItem',
    does: 'takes a list and a value and returns the number of times the value is in the list',
    calls: [
      [[[1, 2, 1], 1], 2],
      [[[], 3], 0],
      [[[4, 4, 4], 4], 3],
    ],
  },
  {
    name: 'upTo',
    does: 'takes a whole number n and returns the list of whole numbers from 1 to n',
    calls: [
      [[3], [1, 2, 3]],
      [[1], [1]],
      [[0], []],
    ],
  },
  {
    name: 'lastItem',
    does: 'takes a list that is not empty and returns its last item',
    calls: [
      [[[1, 2, 3]], 3],
      [[['a']], 'a'],
      [[[7, 0]], 0],
    ],
  },
  {
    name: 'fizz',
    does: 'takes a whole number and returns the string "fizz" if it is divisible by 3, otherwise the number itself',
    calls: [
      [[9], 'fizz'],
      [[4], 4],
      [[3], 'fizz'],
    ],
  },
  {
    name: 'absolute',
    does: 'takes a number and returns its absolute value',
    calls: [
      [[-5], 5],
      [[5], 5],
      [[0], 0],
    ],
  },
  {
    name: 'joinDash',
    does: 'takes a list of strings and returns them joined by a dash',
    calls: [
      [[['a', 'b']], 'a-b'],
      [[['x']], 'x'],
      [[['1', '2', '3']], '1-2-3'],
    ],
  },
];
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export const code: Draft[] = (['python', 'javascript'] as const).flatMap((language) =>
  functions.map(({ name: camel, does, calls }) => {
    const name = language === 'python' ? snake(camel) : camel;
    const asked =
      language === 'python'
        ? `In Python, define a function named ${name} that ${does}.`
        : `In JavaScript, define a function named ${name} that ${does.replaceAll('a list', 'an array').replaceAll('new list', 'new array').replaceAll('the list', 'the array')}.`;
    return {
      messages: ask(`${asked} Show the code only.`),
      maxTokens: 144,
      check: { kind: 'code' as const, language, name, calls: calls.map(([args, gives]) => ({ args, gives })) },
    };
  }),
);
