/** 通往 Mezzotint 的路：请求、浏览器方式、桌面的错误。 */
import { wordsOf } from '../../kinds.ts';
import type { serverErrors } from '../../table/server.ts';

export const server = wordsOf<typeof serverErrors>()({
  'internal.unforeseen': [
    '出现了意料之外的错误：{reason}。',
    '请重新启动 Mezzotint；如果再次发生，请连同这些文字一起报告。',
  ],
  'contract.no-channel': '没有叫 {name} 的通道。没有更改任何内容。',
  'contract.misfit': '对 {channel} 的请求不合规定：{reason}。没有更改任何内容。',
  'server.not-text': '消息必须是 JSON 文本，这一条是二进制的。什么也没有做。',
  'server.not-json': '这条消息不是 JSON。什么也没有做。',
  'server.no-frame': '这条消息不是带有 id、name 和 payload 的对象：{reason}。什么也没有做。',
  'server.too-many-requests': ['进行中的请求超过 {most} 个。这一个没有开始。', '请等有了回答再继续。'],
  'server.files-unreadable': ['无法从 {folder} 读取界面文件。', '请重新构建或安装应用。'],
  'server.no-interface': ['{folder} 里没有界面。', '请重新构建或安装应用。'],
  'server.port-taken': ['端口 {port} 被另一个程序占用。', '请用 --port 换一个，或去掉这个选项。'],
  'server.port-not-allowed': ['这个用户不能使用端口 {port}。', '请用 --port 换一个，或去掉这个选项。'],
  'server.port-not-opened': ['无法打开端口 {port}（{reason}）。', '请用 --port 换一个，或去掉这个选项。'],
  'api.port-taken': ['端口 {port} 被另一个程序占用，所以 API 没有应答。', '请换一个端口。'],
  'api.port-not-allowed': ['这个用户不能使用端口 {port}，所以 API 没有应答。', '请换一个端口。'],
  'api.port-not-opened': ['无法打开端口 {port}（{reason}），所以 API 没有应答。', '请换一个端口。'],
  'api.too-many-keys': ['已经有 {most} 个密钥。没有创建新的。', '请撤销一个不再使用的密钥。'],
  'server.no-port': ['--port 需要 0 到 65535 之间的数，而不是 {given}。', '请写一个这样的数，或去掉这个选项。'],
  'server.no-browser': ['这台电脑上没能启动浏览器。', '请复制地址，自己打开。'],
  'desktop.stranger': '只有 Mezzotint 的页面可以调用它。什么也没有做。',
  'desktop.folder-not-shown': ['无法显示这个文件夹。', '请自己打开它。'],
});
