/** 数据文件夹、配置和定时备份的错误。 */
import { wordsOf } from '../../kinds.ts';
import type { profileErrors } from '../../table/profile.ts';

export const profile = wordsOf<typeof profileErrors>()({
  'profile.option-without-value': ['{option} 需要一个值。', '请把值写在选项后面：{option} VALUE。'],
  'profile.no-folder-named': ['--data 需要一个文件夹。', '请写出一个，或去掉这个选项。'],
  'profile.no-folder-above': [
    '没有文件夹 {folder}，所以没有在里面建立数据文件夹。',
    '请检查 --data 和 MEZZOTINT_DATA，或先建立那个文件夹。',
  ],
  'profile.not-absolute': ['文件夹要从磁盘的根写起。没有更改任何内容。', '请写出完整的路径。'],
  'profile.same-folder': ['那就是你的数据所在的文件夹，或在它里面。没有更改任何内容。', '请在别处选一个文件夹。'],
  'profile.folder-not-empty': ['那个文件夹里已经有东西了。没有更改任何内容。', '请选一个空的文件夹。'],
  'profile.no-room': [
    '空间不够：需要 {needed}，只剩 {free}。没有更改任何内容。',
    '请在那里腾出一些空间，或另选一个文件夹。',
  ],
  'profile.copy-differs': ['副本与原件不同。没有更改任何内容，你的数据还在原处。', '请检查磁盘，或另选一个文件夹。'],
  'profile.copy-failed': ['无法写入这个文件夹：{reason}。没有更改任何内容，你的数据还在原处。', '请另选一个文件夹。'],
  'profile.no-backup': ['这个备份已经不在了。', '请另选一个。'],
  'profile.desktop-only': ['只有桌面应用能显示文件夹。', '请自己打开这个文件夹，或写出它的路径。'],
  'profile.reply-under-way': ['正在写一个回复。', '请等它写完，或停止它。'],
  'profile.backup-not-copied': ['无法复制备份：{reason}。没有更改任何内容。', '请检查磁盘是否有空间。'],
  'profile.unknown': ['没有叫这个名字的配置。没有更改任何内容。', '请从列表里选一个。'],
  'profile.folder-away': ['这个文件夹现在不在。没有更改任何内容。', '请连接它所在的磁盘，再试一次。'],
  'profile.location-unreadable': [
    '无法读取记录数据位置的文件，所以打开了通常的文件夹。没有更改任何内容。',
    '如果你的对话在另一个文件夹里，请用 --data 加那个文件夹启动。',
  ],
  'profile.data-away': [
    '你的对话在 {folder} 里，而它现在不在。现在打开的是另一个文件夹；没有更改任何内容。',
    '请连接磁盘，然后关闭 Mezzotint 再重新启动。',
  ],
  'profile.damage-not-backed-up': [
    '数据库有损坏的地方，所以没有备份它；之前的备份都保留着。',
    '请关闭 Mezzotint 再重新启动：它会尽量修复。',
  ],
  'profile.closing': 'Mezzotint 正在关闭，进行中的操作中断了。之前的备份都保留着。',
  'profile.folder-back': '数据文件夹回来了，Mezzotint 继续保存。这期间被拒绝的内容没有保存。',
});
