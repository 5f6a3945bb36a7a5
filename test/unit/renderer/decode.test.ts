/** Text files in the encodings that people have, as bytes of each. */
import { describe, expect, it } from 'vitest';
import { decode } from '../../../renderer/services/decode.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const samples: ReadonlyArray<[encoding: string, text: string, hex: string]> = [
  [
    'Shift_JIS',
    '銅版画の技法について説明します。\n明日の会議は午後三時からです。',
    '93ba94c589e682cc8b5a964082c982c282a282c490e096be82b582dc82b781420a96be93fa82cc89ef8b6382cd8cdf8ce38e4f8e9e82a982e782c582b78142',
  ],
  ['Shift_JIS', '明日の会議は三時です。', '96be93fa82cc89ef8b6382cd8e4f8e9e82c582b78142'],
  [
    'Shift_JIS',
    '// 初期化\nint main(void) {\n  return 0; /* 終了 */\n}\n',
    '2f2f208f898afa89bb0a696e74206d61696e28766f696429207b0a202072657475726e20303b202f2a208f4997b9202a2f0a7d0a',
  ],
  [
    'EUC-JP',
    '銅版画の技法について説明します。明日の会議は午後三時からです。',
    'c6bcc8c7b2e8a4ceb5bbcba1a4cba4c4a4a4a4c6c0e2ccc0a4b7a4dea4b9a1a3ccc0c6fca4ceb2f1b5c4a4cfb8e1b8e5bbb0bbfea4aba4e9a4c7a4b9a1a3',
  ],
  [
    'ISO-2022-JP',
    '銅版画の技法について説明します。明日の会議は午後三時からです。',
    '1b2442463c48473268244e353b4b21244b24442424244640624c402437245e243921234c40467c244e32713544244f386138653b303b7e242b24692447243921231b2842',
  ],
  [
    'GB18030',
    '美柔汀是一种版画技法。明天下午三点开会，请准时参加。',
    'c3c0c8e1cda1cac7d2bbd6d6b0e6bbadbcbcb7a8a1a3c3f7cceccfc2cee7c8fdb5e3bfaabbe1a3acc7ebd7bccab1b2cebcd3a1a3',
  ],
  ['GB18030', '明天下午三点开会，请准时。', 'c3f7cceccfc2cee7c8fdb5e3bfaabbe1a3acc7ebd7bccab1a1a3'],
  [
    'GB18030',
    '// 初始化\nint main(void) {\n  return 0; /* 结束 */\n}\n',
    '2f2f20b3f5cabcbbaf0a696e74206d61696e28766f696429207b0a202072657475726e20303b202f2a20bde1caf8202a2f0a7d0a',
  ],
  [
    'Big5',
    '美柔汀是一種版畫技法，先在銅版上佈滿細小的毛刺。明天下午三點開會，請準時參加。',
    'acfcac58a5c5ac4fa440bad8aaa9b565a7deaa6ba141a5fda662bbc9aaa9a457a747baa1b2d3a470aabaa4f2a8eba143a9faa4d1a455a4c8a454c249b67db77ca141bdd0b7c7aec9b0d1a55ba143',
  ],
  [
    'EUC-KR',
    '메조틴트는 동판화 기법의 하나입니다. 내일 회의는 오후 세 시에 시작합니다.',
    'b8dec1b6c6bec6aeb4c220b5bfc6c7c8ad20b1e2b9fdc0c720c7cfb3aac0d4b4cfb4d92e20b3bbc0cf20c8b8c0c7b4c220bfc0c8c420bcbc20bdc3bfa120bdc3c0dbc7d5b4cfb4d92e',
  ],
  [
    'windows-1252',
    'Größe, Maß und Übermut: für die Straße läuft es schöner. Müller grüßt.',
    '4772f6df652c204d61df20756e6420dc6265726d75743a2066fc72206469652053747261df65206ce475667420657320736368f66e65722e204dfc6c6c6572206772fcdf742e',
  ],
  ['windows-1252', 'für Müller', '66fc72204dfc6c6c6572'],
  [
    'windows-1252',
    'Name;Größe\nMüller;3,5\nSchäfer;4,0\n',
    '4e616d653b4772f6df650a4dfc6c6c65723b332c350a536368e46665723b342c300a',
  ],
  [
    'windows-1252',
    'Le garçon a mangé à la cafétéria près du château; ça m’a plu – vraiment.',
    '4c6520676172e76f6e2061206d616e67e920e0206c6120636166e974e9726961207072e873206475206368e2746561753b20e761206d926120706c75209620767261696d656e742e',
  ],
  [
    'windows-1251',
    'Меццо-тинто, вид гравюры на металле. Завтра собрание в три часа, приходите вовремя.',
    'cce5f6f6ee2df2e8edf2ee2c20e2e8e420e3f0e0e2fef0fb20ede020ece5f2e0ebebe52e20c7e0e2f2f0e020f1eee1f0e0ede8e520e220f2f0e820f7e0f1e02c20eff0e8f5eee4e8f2e520e2eee2f0e5ecff2e',
  ],
  [
    'KOI8-R',
    'Меццо-тинто, вид гравюры на металле. Завтра собрание в три часа, приходите вовремя.',
    'edc5c3c3cf2dd4c9ced4cf2c20d7c9c420c7d2c1d7c0d2d920cec120cdc5d4c1ccccc52e20fac1d7d4d2c120d3cfc2d2c1cec9c520d720d4d2c920dec1d3c12c20d0d2c9c8cfc4c9d4c520d7cfd7d2c5cdd12e',
  ],
  [
    'windows-1250',
    'Zażółć gęślą jaźń. Jutro spotkanie o trzeciej, proszę być punktualnie.',
    '5a61bff3b3e62067ea9c6cb9206a619ff12e204a7574726f2073706f746b616e6965206f2074727a656369656a2c2070726f737aea206279e62070756e6b7475616c6e69652e',
  ],
];

describe('the text of a file', () => {
  it.each(samples)('in %s is read: %j', async (encoding, text, hex) => {
    expect(await decode(bytes(hex))).toEqual({ text, encoding });
  });
  it('in UTF-8, and in UTF-16 with a mark, is read without a guess, with one kind of line end', async () => {
    expect(await decode(utf8('a\r\nb\rc “ü” 漢'))).toEqual({ text: 'a\nb\nc “ü” 漢', encoding: null });
    expect(await decode(bytes('fffe61006200'))).toEqual({ text: 'ab', encoding: null });
    expect(await decode(bytes('feff0061'))).toEqual({ text: 'a', encoding: null });
    expect(await decode(bytes('efbbbf61'))).toEqual({ text: 'a', encoding: null });
  });
  it.each([
    ['a picture', '89504e470d0a1a0a'],
    ['a photograph', 'ffd8ffe000104a46494600010100'],
    ['zeros', '610062'],
    ['a zip', '504b03040a'],
    ['UTF-16 that is cut', 'fffe610062'],
  ])('is not found in %s', async (_what, hex) => expect(await decode(bytes(hex))).toBe('binary'));
  it('of a few bytes that fit nothing is told to be in no encoding that is known', async () =>
    expect(await decode(bytes('81ff8d8f'))).toBe('unknown'));
  it('of a megabyte is read at once', async () => {
    const [, , hex] = samples[5] ?? ['', '', ''];
    const began = performance.now();
    const large = await decode(bytes(hex.repeat(20_000)));
    expect(typeof large === 'object' && large.encoding).toBe('GB18030');
    expect(performance.now() - began).toBeLessThan(20_000);
  });
});
