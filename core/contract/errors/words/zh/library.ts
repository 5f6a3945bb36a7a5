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
  'library.look-ended': ['查看这个仓库的操作已中断。没有下载任何内容。', '请重新开始。'],
  'library.too-large': [
    '{model} 约需 {needed} 内存，而这台电脑有 {has}。没有更改任何内容。',
    '请选小一些的模型，或同一模型的 4 位版本。',
  ],
  'library.other-download': ['{repository} 的其他文件已经开始下载，它们没有改变。', '请继续那个下载，或先删除它。'],
  'library.no-download': ['没有下载过 {repository} 的任何内容。', '请重新开始下载。'],
  'library.token-not-kept': [
    '系统的密钥库没有接受令牌：{reason}。在应用关闭之前会使用它。',
    '请解锁密钥库，再填一次令牌。',
  ],
  'library.no-trash': ['无法把 {model} 移到废纸篓：{reason}。它没有改变。', '请彻底删除它，或自己移动它的文件夹。'],
  'library.shown-on-desktop': ['只有桌面应用能打开文件夹。', '文件夹是 {folder}。'],
  'library.export-exists': ['{path} 已经存在。什么也没有写。', '请选另一个文件夹。'],
  'library.export-folder': ['没有文件夹 {folder}。什么也没有写。', '请选一个已有的文件夹。'],
  'library.export-no-room': [
    '副本需要 {needed}，而那个磁盘剩余 {free}。什么也没有写。',
    '请腾出空间，或选另一个磁盘。',
  ],
  'library.export-failed': ['无法写入副本：{reason}。没有留下任何内容。', '请选另一个文件夹。'],
  'library.choice-not-stored': ['没能保存所选的模型。模型没有改变。', '请检查数据文件夹的权限和剩余空间。'],
  'library.folder-not-absolute': ['文件夹要从磁盘的根写起。没有更改任何内容。', '请写出完整的路径。'],
  'library.folder-is-file': ['{folder} 是文件，不是文件夹。没有更改任何内容。', '请选一个文件夹。'],
  'library.folder-above-missing': [
    '没有文件夹 {folder}。没有更改任何内容。',
    '请检查路径、连接它的磁盘，或先建立那个文件夹。',
  ],
  'library.folder-in-app': [
    '{folder} 属于应用自己的文件，下一个版本会替换它们。没有更改任何内容。',
    '请选一个你自己的文件夹。',
  ],
  'library.folder-in-data': [
    '{folder} 在一个数据文件夹里，和对话放在一起。没有更改任何内容。',
    '请在别处选一个文件夹。',
  ],
  'library.folder-in-models': ['{folder} 在模型的文件夹里面。没有更改任何内容。', '请在别处选一个文件夹。'],
  'library.folder-read-only': ['无法写入 {folder}：{reason}。没有更改任何内容。', '请检查权限，或另选一个文件夹。'],
  'library.folder-away': [
    '你的模型在 {folder} 里，而它现在不在。模型没有改变；在此期间由应用自带的模型回答。',
    '请连接它的磁盘再查看一次，或为模型另选一个文件夹。',
  ],
  'library.folder-unknown': [
    '文件 {file} 没有说明模型在哪里，所以使用通常的文件夹。没有更改任何模型。',
    '请重新选择模型的文件夹。',
  ],
  'library.folder-same': ['模型已经在 {folder} 里。没有更改任何内容。', '请选另一个文件夹。'],
  'library.folder-busy': ['正在导入或下载模型。没有更改模型的文件夹。', '请等它结束，或暂停它，再试一次。'],
  'library.folder-not-named': [
    '{folder} 不能用来放模型：{reason}。模型仍在原处。',
    '请检查权限和剩余空间，或另选一个文件夹。',
  ],
  'library.moving': ['正在把模型移到 {folder}。没有更改任何内容。', '请等移动结束，或取消它。'],
  'library.move-no-room': [
    '这些模型需要 {needed}，而那个磁盘剩余 {free}。没有移动任何内容。',
    '请在那里腾出空间，选另一个磁盘，或让模型留在原处。',
  ],
  'library.move-differs': ['{name} 的副本和原件不同。模型仍在原处，副本已经删除。', '那个磁盘可能有问题，请另选一个。'],
  'library.move-failed': ['无法复制模型：{reason}。模型仍在原处，副本已经删除。', '请检查那个磁盘，或另选一个文件夹。'],
  'library.used-elsewhere': [
    '另一个正在运行的 Mezzotint 在使用 {model}。它没有改变。',
    '请在那里另选模型，或关闭它，再试一次。',
  ],
});
