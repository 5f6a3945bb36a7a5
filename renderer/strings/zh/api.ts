/** 设置里的本地 API。 */
import type { Strings } from '../types.ts';

export const api: Strings['api'] = {
  section: '本地 API',
  enabled: '回答其他程序',
  enabledHint:
    '这台电脑上使用 OpenAI 或 Ollama API 的程序可以得到模型的回复。每个程序都需要一个密钥；你自己的回复优先，它们的内容不会保留。',
  port: '端口',
  portHint: '它在这台电脑上应答的位置。',
  address: (at) => `应答地址：${at}`,
  keys: '密钥',
  keysHint: '每个程序一个。只保留用来核对密钥的痕迹。',
  origins: '可以调用的网页',
  originsHint: '浏览器里的网页默认会被拒绝，除非它的地址列在这里。它同样需要密钥。',
  origin: '网页的地址，例如 http://localhost:3000',
  addOrigin: '允许',
  removeOrigin: '移除',
  removeOriginOf: (origin) => `移除 ${origin}`,
  noOrigin: '这不是网页的地址。请写成 https://example.com 或 http://localhost:3000。',
  manyOrigins: (most) => `最多 ${most} 个网页。请先移除一个。`,
  name: '程序的名称',
  add: '创建密钥',
  firstKey: '第一个密钥',
  revoke: '撤销',
  revokeOf: (name) => `撤销密钥“${name}”`,
  used: (when) => `上次使用：${when}`,
  never: '从未使用',
  made: (name) => `密钥“${name}”。只显示这一次：`,
  copy: '复制',
  copied: '已复制',
};
