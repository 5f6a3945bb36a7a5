/** 命令行的错误。 */
import { wordsOf } from '../../kinds.ts';
import type { cliErrors } from '../../table/cli.ts';

export const cli = wordsOf<typeof cliErrors>()({
  'cli.no-such-sampler': [
    '{model} 没有叫 {sampler} 的采样器。什么也没有写。',
    '请用 --sampler 加其中一个：{offered}。',
  ],
  'cli.no-such-speed': ['{of} 没有叫 {speed} 的速度。什么也没有写。', '请用 --speed 加其中一个：{offered}。'],
  'cli.no-speeds': ['{of} 没有叫 {speed} 的速度。什么也没有写。', '它没有速度可选：请去掉 --speed。'],
  'cli.no-such-mode': ['{model} 没有 {mode} 方式。什么也没有写。', '请用 --mode 加其中一个：{offered}。'],
  'cli.no-such-param': ['采样器 {sampler} 没有叫 {param} 的参数。什么也没有写。', '它有这些：{known}。'],
  'cli.no-params': ['采样器 {sampler} 没有叫 {param} 的参数。什么也没有写。', '它没有参数。'],
  'cli.input-is-folder': ['无法读取标准输入：它是文件夹。', '请把文件重定向到命令里。'],
  'cli.no-file': ['没有文件 {file}。什么也没有写。', '请检查 --{option} 给出的路径。'],
  'cli.data-unreadable': [
    '无法读取数据文件夹：{reason}。没有更改任何内容。',
    '请检查它的权限，或用 --data 另指定一个文件夹。',
  ],
  'cli.no-conversations': ['{folder} 里没有 Mezzotint 的对话。', '请检查 --data 和 MEZZOTINT_DATA。'],
  'cli.no-folder': ['没有文件夹 {folder}。', '请检查 --data 和 MEZZOTINT_DATA。'],
  'cli.input-unreadable': ['无法读取标准输入：{reason}。', '请检查通过管道或重定向送入命令的内容。'],
  'cli.input-too-long': ['标准输入超过 {most} 个字节。什么也没有发送。', '请发送短一些的文字。'],
  'cli.input-not-utf8': ['标准输入不是 UTF-8 文本。什么也没有发送。', '请先转换它，例如用 iconv。'],
  'cli.app-ended': [
    'Mezzotint 结束了，或与它的连接断了。写下的内容都没有丢失。',
    '请看看这一步是否生效；如果没有，请再做一次。',
  ],
  'cli.file-unreadable': ['无法读取 {file}：{reason}。', '请检查路径和磁盘，再试一次。'],
  'cli.pipe-too-long': ['{file} 给出的内容超过 {megabytes} MB。没有导入任何内容。', '请把它存成文件，再导入那个文件。'],
  'cli.source-is-folder': ['{file} 是文件夹。没有导入任何内容。', '请写出其中的文件。'],
  'cli.export-left-aside': ['无法写入 {file}：{reason}。全部导出内容在 {partial} 里。', '请把那个文件移到你要的地方。'],
  'cli.target-is-folder': ['{file} 是文件夹。什么也没有写。', '请写出其中的一个文件。'],
  'cli.target-is-disk': ['{file} 是磁盘。什么也没有写。', '请写出一个文件。'],
  'cli.reader-gone': ['读取 {file} 的程序在全部写完之前就离开了。', '请重新运行这个命令。'],
  'cli.target-unwritable': ['无法写入 {file}：{reason}。', '请检查路径和磁盘，再试一次。'],
  'cli.no-model': ['{folder} 里没有模型 {model}。', '请写出含有 manifest.json 的文件夹，或去掉 --model。'],
  'cli.model-too-large-try-4-bits': [
    '运行 {model} 大约需要 {needed} 内存；这台电脑有 {has}。没有添加任何内容。',
    '请用 --bits 4 添加。',
  ],
  'cli.model-too-large': [
    '运行 {model} 大约需要 {needed} 内存；这台电脑有 {has}。没有添加任何内容。',
    '请选小一些的模型：models fit 会列出适合这台电脑的模型。',
  ],
  'cli.nobody-answers': ['这一步要先询问，而这里没有人能回答。没有添加任何内容。', '请加上 --yes。'],
  'cli.not-in-catalogue': ['目录里没有模型 {model}。', '请看 models search。'],
  'cli.not-in-catalogue-offline': ['目录里没有模型 {model}。', '请看 models search，或用 --online 向服务器查询仓库。'],
  'cli.kind-unknown': ['这些文件没有说明它们是哪种 {family}。没有添加任何内容。', '请用 --recipe 说明：{recipes}。'],
  'cli.delete-asks': ['将删除 {model}。没有做任何事。', '请加上 --yes：mezzotint models rm {id} --yes。'],
  'cli.import-ended': ['导入已中断。什么也没有写。', '请重新运行这个命令。'],
  'cli.nothing-asked': ['这个对话里还没有回复。', '请先提问。'],
  'cli.app-writes-elsewhere': [
    'Mezzotint 正打开着这个数据文件夹，而它的回复不是由 {server} 写的。什么也没有发送。',
    '请在那里选择 {server}，或先关闭它。',
  ],
  'cli.has-own-model': [
    '对话“{title}”有自己的模型 {model}，由它写回复。什么也没有发送。',
    '请去掉 --server，或开始另一个对话。',
  ],
  'cli.modes-unknown': [
    '正在写另一条回复，{model} 还没有加载，因此不知道它有哪些方式。什么也没有问。',
    '请去掉 --mode，或等那条回复结束。',
  ],
  'cli.nothing-fetched': ['没有下载过 {repository}。', '请看 models downloads。'],
});
