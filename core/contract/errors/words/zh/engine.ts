/** 引擎和它的进程的错误。 */
import { wordsOf } from '../../kinds.ts';
import type { engineErrors } from '../../table/engine.ts';

export const engine = wordsOf<typeof engineErrors>()({
  'engine.no-such-span': '这个回复有 {has} 个词元，没有 {from}–{to} 这一段可以填写。什么也没有写。',
  'engine.no-device': [
    '没有设备能运行这个模型：{reasons}。你的对话是安全的。',
    '请重新启动应用；如果仍然如此，请重新安装。',
  ],
  'engine.no-model': ['没有加载模型。', '请等模型加载好，或重新启动引擎。'],
  'engine.not-loaded-yet': ['模型还没有加载。', '请等模型加载好，或重新启动引擎。'],
  'engine.app-closing': ['应用正在关闭。没有更改任何内容。', '请重新启动它。'],
  'engine.template-too-long': [
    '用这个模板，回复需要 {tokens} 个词元的上下文；这个模型只有 {context}。什么也没有写。',
    '请缩短模板，或开始一个新的对话。',
  ],
  'engine.out-of-memory-step': [
    '内存不足，无法完成这一步（{reason}）。已确定的内容都保留着。',
    '请关闭占用内存多的程序，开始一个短一些的对话，或用小一些的模型。然后再试一次。',
  ],
  'engine.out-of-memory-load': [
    '内存不足，无法加载模型（{reason}）。你的对话是安全的。',
    '请关闭占用内存多的程序，或用小一些的模型。然后再试一次。',
  ],
  'engine.weights-not-finite': ['权重算出的数不是有限的：检查点已损坏，或是为另一种精度做的。', '请重新获取检查点。'],
  'engine.silent': ['引擎没有回应。没有更改任何内容。', '请重新启动引擎，或等它再次回应。'],
  'engine.too-slow': ['引擎正忙于一个很长的步骤，没有及时回应。没有更改任何内容。', '请稍后再试，或重新启动引擎。'],
  'engine.restarted': ['写这个回复时引擎重新启动了。已确定的内容都保留着。', '请继续或重试这个回复。'],
  'engine.did-not-answer': [
    '引擎没有回应，已被结束。已确定的内容都保留着。',
    '它正在自己重新启动：请继续或重试这个回复。',
  ],
  'engine.ended': ['引擎意外结束了。已确定的内容都保留着。', '它正在自己重新启动：请继续或重试这个回复。'],
  'engine.ended-for-good': ['引擎意外结束了。已确定的内容都保留着。', '请重新启动引擎，再继续或重试这个回复。'],
  'engine.ended-for-memory': [
    '引擎被结束了，很可能是因为内存用完。已确定的内容都保留着。',
    '请关闭占用内存多的程序，或用小一些的模型。它正在自己重新启动：请继续或重试这个回复。',
  ],
  'engine.ended-for-memory-for-good': [
    '引擎被结束了，很可能是因为内存用完。已确定的内容都保留着。',
    '请关闭占用内存多的程序，或用小一些的模型。请重新启动引擎，再继续或重试这个回复。',
  ],
  'engine.ended-often': [
    '引擎在短时间内意外结束了 {times} 次。你的对话是安全的。',
    '请关闭占用内存多的程序，或用小一些的模型。然后重新启动引擎。',
  ],
  'engine.ended-often-for-memory': [
    '引擎被结束了 {times} 次，很可能是因为内存用完。你的对话是安全的。',
    '请关闭占用内存多的程序，或用小一些的模型。然后重新启动引擎。',
  ],
  'engine.event-missing': ['引擎发来了事件 {got}，应为 {due}。已确定的内容都保留着。', '请继续或重试这个回复。'],
  'engine.closed-early': ['引擎在准备好之前就关闭了。', '请重新启动这个命令。'],
  'engine.no-end': ['这个回复没有结尾。没有保存任何内容。', '请再试一次。'],
  'engine.event-misfit': ['引擎发来了不合规定的内容。已确定的内容都保留着。', '请继续或重试这个回复。'],
  'engine.prompt-too-long': [
    '提示有 {tokens} 个词元，但模型的上下文只有 {context} 个，其中 {reserve} 个留给回复。什么也没有写。',
    '请缩短提示。',
  ],
});
