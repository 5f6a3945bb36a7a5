/** 其他机器上的服务器的错误。 */
import { wordsOf } from '../../kinds.ts';
import type { remoteErrors } from '../../table/remote.ts';

export const remote = wordsOf<typeof remoteErrors>()({
  'remote.no-address': [
    '{given} 不是服务器的地址。什么也没有发送。',
    '请给出类似 https://example.com/v1 或 http://127.0.0.1:8000 的地址。',
  ],
  'remote.no-key-in-address': ['地址里有用户名或密码。什么也没有发送。', '请去掉它们，另外填写密钥。'],
  'remote.plain-public': [
    '用明文 HTTP 连接 {host}，沿途的人都能看到你写的内容和密钥。什么也没有发送。',
    '请用 https 地址。明文 HTTP 只能用于本机和私有地址。',
  ],
  'remote.plain-private': [
    '用明文 HTTP 连接 {host}，同一网络里的人可以看到内容。什么也没有发送。',
    '请确认你信任这个网络，或改用 https 地址。',
  ],
  'remote.unreachable': [
    '无法连接 {host}（{reason}）。已确定的内容都保留着。',
    '请确认服务器在运行、地址正确，然后重试。',
  ],
  'remote.proxy': [
    'HTTPS_PROXY 指定的代理不通向 {host}。已确定的内容都保留着。',
    '请检查代理，或把这个主机写进 NO_PROXY，然后重试。',
  ],
  'remote.proxy-unsupported': [
    '设置了 {name}，而这个版本的 Node 不能使用代理。什么也没有发送。',
    '请用 Node 24.14 或更新的版本，或取消设置。',
  ],
  'remote.proxy-invalid': ['{name} 里没有可用的代理。什么也没有发送。', '请写成 http://host:port，或取消设置。'],
  'remote.certificate': [
    '{host} 的证书不受信任（{reason}）。什么也没有发送。',
    '请检查地址。可以用 NODE_EXTRA_CA_CERTS 指定你自己的证书文件。',
  ],
  'remote.redirect': [
    '{host} 转到了 {target}。Mezzotint 不跟随，因为密钥会一起过去。',
    '如果你信任那个地址，请把它添加为服务器。',
  ],
  'remote.no-json': [
    '{host} 的回答不是 JSON，开头是“{began}”。已确定的内容都保留着。',
    '请检查地址：常常是缺少 API 的路径，例如 /v1。',
  ],
  'remote.misfit': ['{host} 发来的内容不合格式：{reason}。已确定的内容都保留着。', '请继续或重试这个回复。'],
  'remote.key-refused': ['{host} 拒绝了密钥。什么也没有写。', '请移除这个服务器，再带上密钥重新添加。'],
  'remote.no-path': ['{host} 没有 {path}。什么也没有写。', '请检查地址和模型的名称。'],
  'remote.refused': [
    '{host} 以状态 {status} 拒绝：{reason}。已确定的内容都保留着。',
    '请按服务器所说的更改，或重试这个回复。',
  ],
  'remote.said': ['{host} 报告错误：{reason}。已确定的内容都保留着。', '请在这里或用别的模型继续或重试这个回复。'],
  'remote.broke-off': [
    '{host} 没等回复写完就结束了它（{reason}）。已确定的内容都保留着。',
    '请在这里或用别的模型继续或重试这个回复。',
  ],
  'remote.only-reasoning': [
    '{host} 的模型把全部长度都用在了推理上，没有写出回复。',
    '请在设置中允许更长的回复，然后重试。',
  ],
  'remote.busy': ['{host} 正忙。已确定的内容都保留着。', '请稍后重试，或选择别的模型。'],
  'remote.busy-for': ['{host} 正忙，要求等 {seconds} 秒。已确定的内容都保留着。', '请到时再试，或选择别的模型。'],
  'remote.cut': [
    '回复还没写完，与 {host} 的连接就断了。已确定的内容都保留着。',
    '请在这里或用别的模型继续或重试这个回复。',
  ],
  'remote.silent': [
    '{host} 已有 {seconds} 秒没有发来任何内容。已确定的内容都保留着。',
    '请在这里或用别的模型继续或重试这个回复。',
  ],
  'remote.too-large': [
    '{host} 一次发来超过 {most}。没有读取，已确定的内容都保留着。',
    '请重试这个回复，或选择别的模型。',
  ],
  'remote.other-dialect': ['{host} 发来的与测试时不同（{dialect}）。已确定的内容都保留着。', '请重新测试这个服务器。'],
  'remote.no-models': ['{host} 没有列出模型。没有更改任何内容。', '请自己填写模型的名称。'],
  'remote.only-writes': ['{host} 只能写回复。没有更改任何内容。', '请选择本机的模型。'],
  'servers.unknown': ['没有服务器 {server}。现有：{known}。', '请用其中之一，或添加它。'],
  'servers.name-taken': ['已经有名为 {name} 的服务器。没有更改任何内容。', '请换一个名称。'],
  'servers.too-many': ['已经有 {most} 个服务器。没有添加。', '请移除一个不用的。'],
  'servers.no-model': ['没有选择 {server} 的模型。没有更改任何内容。', '请指定它的一个模型。'],
  'servers.not-stored': ['服务器列表无法保存（{reason}）。没有更改任何内容。', '请检查数据文件夹是否可写。'],
  'servers.unreadable': ['服务器列表无法读取。它保持原样，不使用任何服务器。', '请修复或移除 {file}，再重新启动。'],
  'servers.key-unreadable': [
    '无法从系统的密钥库读取 {server} 的密钥。什么也没有发送。',
    '请移除这个服务器，再带上密钥重新添加。',
  ],
  'servers.local-only': [
    '这个对话只留在本机，而现在用的是 {host}。什么也没有发送。',
    '请选择本机的模型，或更改这个对话的设置。',
  ],
});
