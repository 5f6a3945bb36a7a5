/** 其他机器上的服务器。 */
import type { Strings } from '../types.ts';
import { money, number } from '../live.ts';

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} 秒`;

export const servers: Strings['servers'] = {
  label: '服务器',
  about: '可以让另一台机器上的服务器代替本机的模型写回复。这时你的问题会发送给它；每个回复都标明写在哪里。',
  more: '服务器…',
  open: '添加或选择服务器',
  none: '还没有服务器。没有任何内容离开这台机器。',
  list: '已添加的服务器',
  inUse: '正在写回复',
  here: '在本机写',
  use: '使用',
  useOf: (name) => `让 ${name} 写回复`,
  test: '测试',
  testOf: (name) => `测试 ${name}`,
  testing: '正在等回复…',
  remove: '移除',
  removeOf: (name) => `移除 ${name}`,
  sure: (name) => `移除 ${name} 和它的密钥吗？它写的回复会保留。`,
  keep: '保留',
  add: '添加服务器',
  address: '地址',
  addressHint: '例如 https://example.com/v1，或本机上的 http://127.0.0.1:8000。',
  key: '密钥（如果需要）',
  keyHint: {
    system: '它保存在系统的密钥库里，只发送给这个服务器。',
    file: '它保存在只有你的账户能读的文件里，只发送给这个服务器。',
  },
  look: '查看',
  looking: '正在询问它的模型…',
  confirm: '我信任这个网络。网络里的其他人可以读到未加密发送的内容。',
  found: (host, n) => `${host} 列出了 ${number(n)} 个模型。`,
  model: '模型',
  modelHint: '服务器所用的名称。',
  name: '名称',
  tryIt: '测试回复',
  save: '添加',
  observed: (states, pieces) =>
    states > 0
      ? `观察到：先有 ${number(states)} 个画布状态，然后是写好的文字。`
      : `观察到：写好的文字分 ${number(pieces)} 段到来，没有状态。`,
  probabilities: '每个词都带有模型的把握。',
  noProbabilities: '这个服务器不报告把握。',
  took: (first, all) => `${seconds(first)}后有第一个词，${seconds(all)}后全部写完。`,
  said: (text) => `它写的是：“${text}”`,
  dialect: {
    mezzotint: '另一个 Mezzotint',
    'openai-blocks': '兼容 OpenAI',
    unsloth: 'Unsloth 的状态',
    mercury: 'Mercury 的状态',
  },
  untested: '还没有测试。',
  at: (host) => `在 ${host}`,
  writes: (name, host, states) =>
    `${name}（${host}）在写回复：你的问题会发送到那里。${
      states ? '它会发来画布的状态。' : '它只发来写好的文字，所以不显示画布。'
    }`,
  writtenAt: '写于',
  sends: '发来',
  sendsStates: '画布的状态',
  sendsText: '只有写好的文字',
  leftOut: '未采用',
  leftOutNames: (fields: readonly string[]): string =>
    fields.map((field) => ({ temperature: '温度', top_p: 'top-p', stop: '停止文本' })[field] ?? field).join('、'),
  parts: (hosts) => `这里的回复写于 ${hosts}。`,
  price: {
    known: ({ input, output, currency, from, day }) =>
      `每百万词元：读取 ${money(input, currency)}，书写 ${money(output, currency)}（${
        { person: '你填写的', server: '服务器列出的', published: '公开的价格' }[from]
      }，${day}）。`,
    unknown: '价格未知，因此不显示费用。',
    enter: '填写价格',
    change: '更改',
    changeOf: (name) => `填写 ${name} 的价格`,
    input: '每百万读取词元',
    output: '每百万书写词元',
    currency: '货币',
    cancel: '取消',
    clear: '忘记我填写的',
    save: '保存',
  },
  cost: '费用',
  costOf: ({ amount, currency }) => money(amount, currency),
  spent: (costs, unknown) =>
    `服务器在这里写的内容花费 ${costs.map(({ amount, currency }) => money(amount, currency)).join(' + ')}${
      unknown > 0 ? `；另有 ${number(unknown)} 个回复的费用未知` : ''
    }。`,
  localOnly: '只留在本机',
  localOnlyHint: '不论使用哪个服务器，这个对话的内容都不会发送出去。',
};
