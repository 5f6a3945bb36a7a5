/** 附上的文件。 */
import type { Strings } from '../types.ts';
import { number } from '../live.ts';

const size = (bytes: number): string =>
  bytes < 1e6 ? `${number(Math.max(1, Math.round(bytes / 1e3)))} kB` : `${number(Math.round(bytes / 1e5) / 10)} MB`;

export const attach: Strings['attach'] = {
  button: '附上文本文件',
  buttonHint: '附上文本文件：模型先读它们，再读你的话。也可以拖放或粘贴。',
  list: '附上的文件',
  of: (n) => `附了 ${number(n)} 个`,
  tokens: (n) => `${number(n)} 个词元`,
  characters: (n) => `${number(n)} 个字符`,
  remove: (name) => `取下“${name}”`,
  open: (name) => `显示“${name}”`,
  drop: '把文本文件拖放到这里附上',
  close: '关闭',
  dismiss: '关闭',
  reading: '正在打开…',
  guessed: (name, encoding) => `“${name}”按 ${encoding} 读取。如果文字不对，请另存为 UTF-8。`,
  refused: {
    binary: (name) => `“${name}”不是纯文本。请先存成文本，或粘贴需要的部分。`,
    encoding: (name) => `“${name}”不是 UTF-8，也无法判断是什么编码。请另存为 UTF-8，或粘贴需要的部分。`,
    large: (name, bytes, limit) =>
      `“${name}”有 ${size(bytes)}；一个文件最多可附 ${number(limit)} 个字符，模型能读的更少。请粘贴需要的部分。`,
    empty: (name) => `“${name}”是空的。`,
    many: (limit) => `一个问题最多附 ${number(limit)} 个文件。请先取下一个。`,
    together: (limit) => `这些文件合起来最多 ${number(limit)} 个字符。请先取下一个。`,
    unreadable: (name) => `无法读取“${name}”。不能附上文件夹。`,
  },
};
