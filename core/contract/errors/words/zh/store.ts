/** 数据库和备份的错误。 */
import { wordsOf } from '../../kinds.ts';
import type { storeErrors } from '../../table/store.ts';

export const store = wordsOf<typeof storeErrors>()({
  'store.runtime-too-old': [
    '这个运行环境提供 Node-API {offered}，数据库需要 {needed}。没有打开或更改任何内容。',
    '请更新 Electron（36 或更新）或 Node（22.12 或更新），再重新启动。',
  ],
  'store.driver-missing': [
    '无法加载数据库模块 {name}：{reason}。你的对话是安全的。',
    '请重新安装应用；这不会影响你的对话。',
  ],
  'store.damaged': ['数据库文件已损坏。', '请关闭 Mezzotint 再重新启动：它会把损坏的文件放到一边，从最新的备份继续。'],
  'store.held': ['另一个程序占用着数据库。', '请关闭那个程序，再试一次。'],
  'store.full': ['磁盘已满，这次没能保存。之前保存的内容是安全的。', '请腾出一些空间，再试一次。'],
  'store.read-only': ['数据文件夹或其中的数据库只能读，不能写。', '请允许写入这个文件夹，或用 --data 另选一个。'],
  'store.not-opened': ['无法打开数据库文件。', '请检查文件夹是否存在、是否可以写入，或用 --data 另选一个。'],
  'store.disk-failed': ['无法读写数据库（{reason}）。之前保存的内容是安全的。', '请检查磁盘，再试一次。'],
  'store.unexpected-value': [
    '数据库的“{column}”里有意料之外的内容。',
    '请重新启动应用；如果仍然如此，请从数据文件夹恢复一个备份。',
  ],
  'store.locked': ['Mezzotint 已经在用这个数据文件夹运行。', '请使用已打开的窗口，或用另一个文件夹启动：--data DIR。'],
  'store.locked-by-window': [
    'Mezzotint 已经在用这个数据文件夹运行：在它的窗口里，从 {since} 起，进程 {process}。',
    '请使用已打开的窗口，或用另一个文件夹启动：--data DIR。',
  ],
  'store.locked-by-browser': [
    'Mezzotint 已经在用这个数据文件夹运行：在浏览器里，从 {since} 起，进程 {process}。',
    '请使用已打开的页面，或用另一个文件夹启动：--data DIR。',
  ],
  'store.locked-by-command': [
    'Mezzotint 的一个命令正在使用这个数据文件夹，从 {since} 起，进程 {process}。',
    '请等那个命令结束，或使用另一个文件夹：--data DIR。',
  ],
  'store.migration-misplaced': '迁移“{name}”的版本是 {version}，应为 {expected}。',
  'store.migration-failed': [
    '无法把数据库从版本 {from} 升到 {to}：{reason}。数据库没有改变。',
    '请启动你之前用的应用版本，并报告这个问题。',
  ],
  'store.replaced': [
    'Mezzotint 运行时，数据库被另一个文件替换了，可能是某个复制或恢复文件的程序所为。两个文件都不会再写入。',
    '请先导出需要的内容：在关闭 Mezzotint 之前还能读。然后重新启动：它会打开现在那里的文件。',
  ],
  'store.folder-gone': [
    'Mezzotint 运行时，数据文件夹被删除或移走了。无法再保存任何内容。',
    '请把它放回原处，Mezzotint 会继续。如果找不回来，请导出需要的内容：在关闭 Mezzotint 之前还能读。',
  ],
  'store.database-gone': [
    'Mezzotint 运行时，数据库被删除或移走了。无法再保存任何内容。',
    '请把它放回原处，Mezzotint 会继续。如果找不回来，请导出需要的内容：在关闭 Mezzotint 之前还能读。',
  ],
  'store.log-gone': [
    'Mezzotint 运行时，数据库的日志（{name}）被删除或替换了。最后写的内容可能只在内存里，也无法再保存任何内容。',
    '请把它放回原处，或导出需要的内容：在关闭 Mezzotint 之前还能读。',
  ],
  'store.newer': [
    '你的对话上次是由更新的 Mezzotint 打开的（数据库版本 {found}，这个版本只认识 {known}）。没有更改任何内容。',
    '请安装最新的 Mezzotint，或用另一个文件夹启动这一个：--data DIR。',
  ],
  'store.folder-not-made': ['无法建立数据文件夹：{reason}。', '请检查路径，或用 --data 另选一个文件夹。'],
  'store.folder-unusable': [
    '无法使用数据文件夹：{reason}。',
    '请检查文件夹是否可以写入、磁盘是否有空间，或用 --data 另选一个。',
  ],
  'store.backups-folder-not-made': ['无法建立存放备份的文件夹。', '请允许写入数据文件夹。'],
  'store.backup-unreadable': ['写了一个备份，但读不回来，所以丢弃了。之前的备份都保留着。', '请检查磁盘，再试一次。'],
  'store.mended-not-whole': '修复后的数据库不完整。',
  'store.no-room-to-mend': [
    '数据库已损坏，而且没有空间来修复。没有更改任何内容。',
    '请腾出一些空间（与数据文件夹现在一样大），再重新启动。',
  ],
  'store.mended': ['{course}', '如果发现缺了什么，请保留旧文件。'],
  'store.found-missing': ['{course}', '如果数据库是你自己移走的，请关闭 Mezzotint，再把它放回去。'],
  'store.mended-at-start': [
    '数据库损坏了。已用最新的完好备份和能读出的内容修复；损坏的文件放到了一边，没有删除。',
    '如果发现缺了什么，请保留旧文件。',
  ],
  'mended.was-missing': '数据库不见了。',
  'mended.was-damaged': '数据库损坏了。',
  'mended.from-backup': '现在打开的是 {at} 的备份：共 {conversations} 个对话。',
  'mended.from-backup-and-file':
    '现在打开的是 {at} 的备份，此后写的 {found} 来自损坏的文件：共 {conversations} 个对话。',
  'mended.from-file': '没有备份；{found} 来自损坏的文件。',
  'mended.empty': '没有备份，损坏的文件也读不出任何内容：Mezzotint 从空的开始。',
  'mended.not-looked-disk-full': '没有查找备份之后写的内容：磁盘已满。',
  'mended.not-looked': '没有查找备份之后写的内容：查找中断了。',
  'mended.nothing-read': '损坏的文件读不出任何内容：备份之后写的内容只在它里面。',
  'mended.parts-unread': '它有 {parts} 处读不出来：可能缺了什么。',
  'mended.all-read': '它的每一行都读出来了。',
  'mended.set-aside': '损坏的文件放到了一边，没有删除。',
  'mended.conversations': '{n} 个对话',
  'mended.messages': '{n} 条消息',
  'mended.replies': '{n} 个回复的其余部分',
  'store.backup-damaged': ['无法读取这个备份。没有更改任何内容。', '请另选一个备份。'],
  'store.backup-newer': [
    '这个备份是更新的 Mezzotint 做的（数据库版本 {found}，这个版本只认识 {known}）。没有更改任何内容。',
    '请安装最新的 Mezzotint。',
  ],
  'store.steps-out-of-range': '其中一个回复的步骤无法保留：里面的数字超出了范围。',
  'store.identifier-taken': ['已经有一个标识相同的对话或消息。', '请再导入一次这个文件：那时会与现有的内容比较。'],
  'store.no-file': ['这个文件已经不在了。', '请重新打开这个对话。'],
  'store.no-conversation': ['没有这个对话。它可能在回收站里。', '请从回收站恢复它，或另选一个。'],
  'store.no-message': ['没有这条消息。', '请重新打开这个对话。'],
  'store.earlier-part-unsaved': ['这个回复前面的一部分没能保存。', '请继续或重试这个回复。'],
  'store.generation-missing': '刚加入的生成记录不在了。',
  'store.no-folder': ['这个文件夹已经不在了。', '请另选一个。'],
  'store.folder-name-taken': ['已经有一个叫“{name}”的文件夹。', '请换一个名字。'],
  'store.no-preset': ['这个预设已经不在了。', '请另选一个。'],
  'store.trace-damaged': ['无法读取这个回复保存的步骤。它的文字是安全的。', '如果想看它是怎样写成的，请重试这个回复。'],
  'store.folder-path-too-long': [
    '文件夹的路径对数据库来说太长：最多 {most} 字节。没有写入任何内容。',
    '请选一个离磁盘根目录更近的文件夹。',
  ],
});
