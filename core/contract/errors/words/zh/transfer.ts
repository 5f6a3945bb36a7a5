/** 导出和导入的错误。 */
import { wordsOf } from '../../kinds.ts';
import type { transferErrors } from '../../table/transfer.ts';

export const transfer = wordsOf<typeof transferErrors>()({
  'transfer.no-pdf-here': ['PDF 由桌面应用制作。', '请导出网页，打开它，再打印成 PDF。'],
  'transfer.pdf-too-long': ['这超过了一次能打印的量。没有保存文件。', '请少导出几个对话，或导出网页。'],
  'transfer.pdf-failed': ['无法打印 PDF：{why}没有保存文件。', '请导出网页，打开它，再打印成 PDF。'],
  'transfer.steps-only-in-json': ['只有 JSON 能包含回复的步骤。', '请导出为 Mezzotint JSON，或不带步骤。'],
  'transfer.newer': [
    '这个文件是更新的 Mezzotint 写的（它的版本是 {found}，这里能读 {known}）。',
    '请安装最新的 Mezzotint，在那里导入。',
  ],
  'transfer.no-list': ['这个文件说它来自 Mezzotint，但没有对话列表。', '请重新导出或重新下载。'],
  'transfer.import-gone': ['这次导入已经不在进行了。', '请重新开始：列表里的内容没有改变。'],
  'transfer.export-gone': ['这次导出已经不在进行了。', '请重新开始：列表里的内容没有改变。'],
  'transfer.too-much-at-once': ['加上这个文件，一次要导入的就超过 {megabytes} MB。', '请分成几批导入。'],
  'transfer.no-bytes-expected': '这个文件不需要再发送内容。',
  'transfer.other-bytes-expected': '这些内容不是接下来需要的。',
  'transfer.not-sent-whole': '{name} 没有发送完整。没有导入任何内容。',
  'transfer.read-already': '这些文件已经读过了。',
  'transfer.not-read-yet': '这次导入还没有读完，或已经在进行。',
  'transfer.pieces-in-order': '导出的各段要按次序取。',
  'transfer.others-under-way': ['另外的导入正在进行。', '请等它们结束。'],
  'transfer.nothing-in-zip': [
    '这个 zip 压缩包里没有可以导入的文件。',
    '请选应用导出的 zip，或里面有 JSON、JSONL 或 Markdown 文件的 zip。',
  ],
  'transfer.zip-too-large': [
    '解开后，这个 zip 压缩包有 {files} 个文件、{size} 要导入；最多读 {mostFiles} 个、{megabytes} MB。',
    '请把它解开，分成几批导入里面的文件。',
  ],
  'transfer.became-shorter': ['{name} 在读取时变短了。', '请等它下载完，再导入一次。'],
  'transfer.one-not-written': [
    '无法写出“{title}”：{why}没有保存文件，你的对话没有改变。',
    '请导出其他对话，或换一种格式。',
  ],
  'transfer.one-not-read': [
    '有一个对话无法读取：{why}没有保存文件，你的对话没有改变。',
    '请导出其他对话，或换一种格式。',
  ],
  'zip.number-too-large': ['这个 zip 压缩包已损坏：里面有一个数字太大。', '请重新下载，或把它解开，导入里面的文件。'],
  'zip.list-missing': ['这个 zip 压缩包已损坏：缺少文件列表。', '请重新下载，或把它解开，导入里面的文件。'],
  'zip.list-misplaced': ['这个 zip 压缩包已损坏：文件列表不在它说的地方。', '请重新下载，或把它解开，导入里面的文件。'],
  'zip.entry-misplaced': [
    '这个 zip 压缩包已损坏：列表的第 {entry} 项不在该在的地方。',
    '请重新下载，或把它解开，导入里面的文件。',
  ],
  'zip.entry-cut': ['这个 zip 压缩包已损坏：列表的第 {entry} 项不完整。', '请重新下载，或把它解开，导入里面的文件。'],
  'zip.file-misplaced': [
    '这个 zip 压缩包已损坏：{name} 不在列表说的地方。',
    '请重新下载，或把它解开，导入里面的文件。',
  ],
  'zip.file-cut': ['这个 zip 压缩包已损坏：{name} 不完整。', '请重新下载，或把它解开，导入里面的文件。'],
  'zip.not-unpacked': ['这个 zip 压缩包已损坏：无法解开 {name}。', '请重新下载，或把它解开，导入里面的文件。'],
  'zip.file-differs': ['这个 zip 压缩包已损坏：{name} 与打包时不同。', '请重新下载，或把它解开，导入里面的文件。'],
  'zip.too-many-files': ['这个 zip 压缩包里的文件比导出的还多。', '请把它解开，导入里面的文件。'],
  'zip.encrypted': ['其中的 {name} 是加密的。', '请把它解开，导入里面的文件。'],
  'zip.grows-too-much': ['其中的 {name} 几乎没有内容，却会变成 {size}，所以没有解开。', '请把它解开，导入里面的文件。'],
  'zip.other-method': ['其中的 {name} 的打包方式这里读不了。', '请把它解开，导入里面的文件。'],
  'transfer.too-large': ['这个文件大于 {megabytes} MB。', '请把它分开，分别导入。'],
  'transfer.not-utf8': ['这个文件不是 UTF-8 文本。', '请另存为 UTF-8，再导入一次。'],
  'transfer.json-damaged': ['这个文件开头像 JSON，但已损坏：{reason}。', '请重新导出或重新下载。'],
  'transfer.unknown-format': [
    '这个文件不属于任何可以导入的格式。',
    '请选 Mezzotint、ChatGPT、Claude.ai、llama.cpp、Open WebUI、LM Studio、DeepSeek、Gemini、LibreChat 或 Jan 的导出文件。ShareGPT 或 OpenAI 消息的文件，或 Markdown 对话也可以。',
  ],
  'other.app': [
    '这是 {app} 的文件，无法导入。',
    '请把需要的对话复制到 Markdown 文件里，每个说话的人一个标题。也可以让那个应用给出 OpenAI、ShareGPT 或 Markdown 文件。',
  ],
  'other.app-with-markdown': [
    '这是 {app} 的文件，无法导入。',
    '请从 {app} 把每个对话导出为 Markdown，再导入那些文件。',
  ],
  'other.google-product': [
    '这是另一个 Google 产品的活动记录，无法导入。',
    '请在 Google Takeout 里选“我的活动”，其中只选 Gemini Apps，格式选 JSON。',
  ],
  'other.presets': ['这是 Mezzotint 的预设列表，不是对话。', '请在设置的“预设”里导入它。'],
  'other.trace': ['这是 Mezzotint 一个回复的轨迹，无法导入。', '它是给程序读的。对话要从 Mezzotint JSON 导入。'],
  'other.gemini-page': [
    '这是网页形式的 Gemini 活动记录，无法导入。',
    '请在 Google Takeout 再导出一次，“我的活动”的格式选 JSON。',
  ],
  'other.chatgpt-page': [
    '这是 ChatGPT 的 chat.html，无法导入。',
    '请选它旁边的 conversations.json，或装着两者的 zip。',
  ],
  'other.web-page': ['这是网页，无法导入。', '请选应用导出的 JSON 或 Markdown。'],
  'other.own-csv': [
    '这是 Mezzotint 的 CSV，供电子表格使用，内容不全，无法导入。',
    '请把对话导出为 Mezzotint JSON，再导入那个文件。',
  ],
  'other.sqlite': [
    '这是数据库（SQLite），无法导入。',
    '请从它所属的应用导出对话。Mezzotint 的备份在设置的“你的数据”里打开。',
  ],
  'other.archive': ['这是压缩包（{kind}），不能直接导入。', '请把它解开，导入里面的文件。'],
  'other.pdf': ['这是 PDF，无法导入。', '请选应用导出的 JSON 或 Markdown。'],
  'other.gguf': ['这是模型（GGUF），不能当作对话导入。', '模型用 npm run import 导入。'],
  'other.picture': ['这是图片，无法导入。', '请选对话的文件。'],
  'zip.list-not-zip64': [
    '这个 zip 压缩包已损坏：文件列表说是 ZIP64 形式，其实不是。',
    '请重新下载，或把它解开，导入里面的文件。',
  ],
});
