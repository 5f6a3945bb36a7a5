/** 本机的模型的错误。 */
import { wordsOf } from '../../kinds.ts';
import type { libraryErrors } from '../../table/library.ts';

export const library = wordsOf<typeof libraryErrors>()({
  'library.files-chosen-on-desktop': ['只有桌面应用能选择文件。', '请写出文件夹或文件的路径。'],
  'library.import-ended': ['导入自己结束了（{how}）。什么也没有写。', '请关闭其他程序以腾出内存，再试一次。'],
  'library.chosen-gone': [
    '模型 {wanted} 已经不在了，改由 {instead} 回答。对话没有改变。',
    '请重新导入它，或在输入框下面另选一个模型。',
  ],
  'library.chosen-unusable': [
    '无法使用模型 {wanted}：{why}改由 {instead} 回答。对话没有改变。',
    '请重新导入它，或在输入框下面另选一个模型。',
  ],
  'library.no-model': ['这台电脑上没有模型 {model}。没有更改任何内容。', '请选其中一个：{known}。'],
  'library.built-in': ['{model} 是应用自带的，会保留。', '请选另一个模型来删除。'],
  'library.kind-unknown': ['这个检查点没有说明它是哪种模型。什么也没有写。', '请选一个配方。'],
  'library.importing': ['正在导入另一个模型。', '请等它结束，或取消它。'],
  'library.check-ended': ['检查已中断。什么也没有写。', '请重新开始。'],
  'library.folder-not-made': ['无法建立文件夹 {folder}。什么也没有写。', '请检查数据文件夹的权限和剩余空间。'],
  'library.choice-not-stored': ['没能保存所选的模型。模型没有改变。', '请检查数据文件夹的权限和剩余空间。'],
});
