/** 窗口的错误。 */
import { wordsOf } from '../../kinds.ts';
import type { windowErrors } from '../../table/window.ts';

export const window = wordsOf<typeof windowErrors>()({
  'window.desktop-ended': [
    'Mezzotint 在回答之前结束了。写下的内容都没有丢失。',
    '请重新启动 Mezzotint，看看这一步是否生效；如果没有，请再做一次。',
  ],
  'window.connection-lost': [
    '在回答之前，与 Mezzotint 的连接断了。写下的内容都没有丢失。',
    '它会自己重新连接。之后请看看这一步是否生效；如果没有，请再做一次。',
  ],
  'window.no-result': ['{channel} 的回答不是一个结果。', '请重新启动 Mezzotint。'],
  'window.unexpected-shape': ['{channel} 的回答形式出人意料：{reason}。', '请重新启动 Mezzotint。'],
  'window.no-steps': '这个回复没有保存的步骤：它不是在这里写的。',
  'window.too-many-files': ['一次最多导入 {most} 个文件。没有导入任何内容。', '请分成几批导入。'],
  'window.file-unreadable': [
    '无法读取 {name}：它是文件夹，或者选好之后又被更改或移走了。没有导入任何内容。',
    '请重新选择这个文件。',
  ],
  'window.no-canvas': '窗口没有可以画影片的画布。没有保存任何内容。',
  'window.no-encoder': ['这个窗口不能编码视频。没有保存任何内容。', '可以改存成 GIF。'],
});
