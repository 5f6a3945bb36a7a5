/** 从服务器下载检查点的错误。 */
import { wordsOf } from '../../kinds.ts';
import type { hubErrors } from '../../table/hub.ts';

export const hub = wordsOf<typeof hubErrors>()({
  'hub.no-address': ['HF_ENDPOINT 是 {given}，不是网址。没有下载任何内容。', '请写成 https://host，或取消设置。'],
  'hub.certificate': [
    '无法连接 {host}：{reason}。已下载的内容都保留着。',
    '请用 NODE_EXTRA_CA_CERTS 指定你网络的证书，再试一次。',
  ],
  'hub.unreachable': [
    '无法连接 {host}：{reason}。已下载的内容都保留着。',
    '请检查网络连接和 HTTPS_PROXY，再试一次：会从中断处继续。',
  ],
  'hub.gated': [
    '{repository} 只提供给接受了其条款的账户。没有下载任何内容。',
    '请在 {page} 接受条款，再在模型窗口里填入那个账户的令牌，或设为 HF_TOKEN。',
  ],
  'hub.gated-for-token': [
    '{repository} 只提供给接受了其条款的账户，而你的令牌不属于这样的账户。没有下载任何内容。',
    '请在 {page} 接受条款，再在模型窗口里填入那个账户的令牌，或设为 HF_TOKEN。',
  ],
  'hub.token-refused': [
    '对 {repository}，服务器拒绝了你的令牌。没有下载任何内容。',
    '请检查令牌和它的权限，或移除它。',
  ],
  'hub.hidden': [
    '服务器上没有 {repository}，或只让某些账户看到它。没有下载任何内容。',
    '请检查名字；如果是私有仓库，请在模型窗口里填入你账户的令牌，或设为 HF_TOKEN。',
  ],
  'hub.no-revision': ['{repository} 没有这个修订版本。没有下载任何内容。', '请检查名字和修订版本。'],
  'hub.no-file': ['{repository} 里没有文件 {file}。没有下载任何内容。', '请检查名字和修订版本。'],
  'hub.no-repository': ['服务器上没有 {repository}。没有下载任何内容。', '请检查名字和修订版本。'],
  'hub.later': ['{host} 要求稍后再来。已下载的内容都保留着。', '请到时再试：会从中断处继续。设置令牌可以提高限额。'],
  'hub.later-in': [
    '{host} 要求 {seconds} 秒之后再来。已下载的内容都保留着。',
    '请到时再试：会从中断处继续。设置令牌可以提高限额。',
  ],
  'hub.status': ['{host} 的回答状态是 {status}。已下载的内容都保留着。', '请稍后再试：会从中断处继续。'],
  'hub.unsafe': ['{host} 指向 {target}，这不安全。已下载的内容都保留着。', '请检查 HF_ENDPOINT，或稍后再试。'],
  'hub.circle': ['{host} 在原地打转。已下载的内容都保留着。', '请检查 HF_ENDPOINT，或稍后再试。'],
  'hub.cut': '与 {host} 的连接断了。',
  'hub.foreign-address': [
    '{given} 不是 {host} 上的仓库。没有下载任何内容。',
    '请写成 ORG/NAME，或用 HF_ENDPOINT 指定另一个服务器。',
  ],
  'hub.cut-off': ['{host} 一再中断 {file}：{reason}。已下载的内容都保留着。', '请稍后再试：会从中断处继续。'],
  'hub.disk-full': ['磁盘已满。已下载的内容都保留着。', '请腾出空间，再试一次：会从中断处继续。'],
  'hub.unwritable': ['无法写入模型：{reason}。已下载的内容都保留着。', '请检查文件夹，再试一次：会从中断处继续。'],
  'hub.fetching': ['已经在下载 {repository}。', '请等它结束，或停止它。'],
  'hub.folder-not-made': ['无法建立文件夹 {folder}。没有下载任何内容。', '请检查数据文件夹的权限和剩余空间。'],
  'hub.no-room': [
    '下载 {repository} 需要 {needed}，而这个磁盘只剩 {free}。没有下载任何内容。',
    '请腾出空间，或另选一个数据文件夹。',
  ],
  'hub.disk-nearly-full': ['磁盘快满了。已下载的内容都保留着。', '请腾出空间，再试一次：会从中断处继续。'],
  'hub.proxy-unsupported': [
    '设置了 {name}，而这个版本的 Node 不能使用代理。没有下载任何内容。',
    '请用 Node 24.14 或更新的版本，或取消设置。',
  ],
  'hub.proxy-invalid': ['{name} 里没有可用的代理。没有下载任何内容。', '请写成 http://host:port，或取消设置。'],
  'hub.not-a-repository': ['{given} 不是服务器上的仓库。没有下载任何内容。', '请写成 ORG/NAME。'],
  'hub.no-such-gguf': ['{repository} 里没有 GGUF 文件 {file}。没有下载任何内容。', '请选其中一个：{known}。'],
  'hub.no-gguf': ['{repository} 里没有 GGUF 文件 {file}。没有下载任何内容。', '请去掉 --file。'],
  'hub.no-checkpoint': [
    '{repository} 里没有 {missing}，所以无法导入。没有下载任何内容。',
    '请选 transformers 保存的形式的模型。',
  ],
  'hub.only-gguf': [
    '{repository} 里没有 {missing}，所以无法导入。没有下载任何内容。',
    '它有 GGUF 文件：请用 --file 指定一个，例如 {example}。',
  ],
  'hub.header-cut': ['无法下载 {file} 的头部：它不完整。', '请稍后再试。'],
  'hub.came-different': [
    '{repository} 的 {file} 与服务器列出的内容不同，已丢弃。',
    '请稍后再试。如果用了镜像或代理，请检查它给出的内容。',
  ],
  'hub.came-longer': [
    '{repository} 的 {file} 超过了 {bytes} 个字节，已丢弃。',
    '请稍后再试。如果用了镜像或代理，请检查它给出的内容。',
  ],
  'hub.no-commit': ['服务器关于 {repository} 的回答没有提交号。没有下载任何内容。', '请检查 HF_ENDPOINT，或稍后再试。'],
  'hub.no-hash': [
    '服务器关于 {repository} 的回答没有 {file} 的哈希值。没有下载任何内容。',
    '请检查 HF_ENDPOINT，或稍后再试。',
  ],
  'hub.too-large': [
    '服务器关于 {repository} 的回答里，{file} 有 {bytes} 个字节。没有下载任何内容。',
    '请检查 HF_ENDPOINT，或稍后再试。',
  ],
  'hub.unreadable': ['无法读取服务器关于 {repository} 的回答。没有下载任何内容。', '请检查 HF_ENDPOINT，或稍后再试。'],
  'hub.came-another': [
    '{repository} 的 {file} 不是服务器列出的那个文件，已丢弃。',
    '请稍后再试。如果用了镜像或代理，请检查它给出的内容。',
  ],
  'hub.came-elsewhere': [
    '{repository} 的 {file} 不是从所要的位置开始的，已丢弃。',
    '请稍后再试。如果用了镜像或代理，请检查它给出的内容。',
  ],
  'hub.came-length': [
    '{repository} 的 {file} 长度是 {has} 个字节，而不是 {bytes} 个，已丢弃。',
    '请稍后再试。如果用了镜像或代理，请检查它给出的内容。',
  ],
});
