/** 检查点和导入的错误。 */
import { wordsOf } from '../../kinds.ts';
import type { checkpointsErrors } from '../../table/checkpoints.ts';

export const checkpoints = wordsOf<typeof checkpointsErrors>()({
  'adapter.none': [
    '这不是适配器：它在任何一层都没有更新其中的任何一个：{projections}。什么也没有写。',
    '请选 models/adapt/train.py 写的文件。',
  ],
  'adapter.rank': ['适配器的秩是 {rank}，应为 {block} 的倍数。什么也没有写。', '请用这样的秩训练它。'],
  'adapter.shape': [
    '适配器的 {name} 是 [{has}]；这个模型需要 [{needs}]。什么也没有写。',
    '请用在这个模型上训练的适配器。',
  ],
  'drafter.no-sizes': ['草拟器没有有效的尺寸：{reason}。什么也没有写。', '请用在这个模型上训练的草拟器。'],
  'drafter.too-deep': [
    '草拟器在第 {layer} 层之后读取模型；这个模型只有 {layers} 层。什么也没有写。',
    '请用在这个模型上训练的草拟器。',
  ],
  'drafter.words': [
    '草拟器需要多于 {least} 个不同的词，即这个模型词表里的编号。什么也没有写。',
    '请用在这个模型上训练的草拟器。',
  ],
  'drafter.shape': [
    '草拟器的 {name} 是 [{has}]；这个模型需要 [{needs}]。什么也没有写。',
    '请用在这个模型上训练的草拟器。',
  ],
  'drafter.rows': [
    '草拟器的 {name} 每行有 {columns} 个数，不是 {block} 的倍数。什么也没有写。',
    '请用在这个模型上训练的草拟器。',
  ],
  'folder.not-json': ['{name} 不是可读的 JSON。什么也没有写。', '请重新获取这个文件；它可能没有下载完整。'],
  'folder.names-no-safetensors': [
    '{index} 提到 {name}，它不是这个文件夹里的 safetensors 文件。什么也没有写。',
    '请重新获取这个文件夹。',
  ],
  'folder.file-missing': ['文件夹里缺少文件 {name}。什么也没有写。', '请获取缺少的文件，再导入一次。'],
  'folder.no-weight-map': ['{index} 里没有 weight_map。什么也没有写。', '请重新获取这个文件。'],
  'folder.tensor-elsewhere': ['{index} 说 {tensor} 在 {name} 里，但并不在。什么也没有写。', '请重新获取这个文件夹。'],
  'folder.no-config': [
    '文件夹 {folder} 里没有 config.json。什么也没有写。',
    '请选 transformers 保存的模型文件夹，或 GGUF 文件。',
  ],
  'folder.no-tokenizer-model': [
    'tokenizer.json 里没有模型，或没有附加词元的列表。什么也没有写。',
    '请重新获取这个文件。',
  ],
  'checkpoint.no-tensor': ['检查点里没有张量 {tensor}。什么也没有写。', '请用受支持的模型族的完整检查点。'],
  'checkpoint.tensor-type': [
    '张量 {tensor} 的类型是 {type}，无法读取。什么也没有写。',
    '请用其中一种类型的检查点：{known}。',
  ],
  'gguf.type': ['无法导入类型为 {type} 的张量。什么也没有写。', '请用其中一种类型的 GGUF：{known}。'],
  'gguf.size': ['一个 {type} 张量有 {has} 个字节，不是 {block} 的倍数。什么也没有写。', '请重新获取这个文件。'],
  'gguf.cut': ['GGUF 在张量 {tensor} 中间就结束了。什么也没有写。', '请重新获取这个文件；它没有下载完整。'],
  'gguf.part-missing': ['{name} 旁边缺少 {part}。什么也没有写。', '请获取缺少的部分，再导入一次。'],
  'gguf.unreadable': ['{name} 不是可读的 GGUF 文件。什么也没有写。', '请重新获取这个文件；它可能没有下载完整。'],
  'gguf.no-end': ['GGUF 的元数据里没有数值 tokenizer.ggml.eos_token_id。什么也没有写。', '请用聊天模型的 GGUF。'],
  'checkpoint.not-there': ['没有文件或文件夹 {path}。什么也没有写。', '请检查路径。'],
  'preflight.vocabulary': [
    '分词器有 {tokens} 个词元，而模型的表有 {rows} 行。什么也没有写。',
    '请获取这个模型自己的分词器文件。',
  ],
  'preflight.no-block-length': ['这个检查点没有说明块长。什么也没有写。', '请用 --recipe 说明是哪个配方。'],
  'preflight.tensors-missing': [
    '检查点 {name} 缺少这些张量：{tensors}。什么也没有写。',
    '请用受支持的模型族的完整检查点。',
  ],
  'preflight.more-tensors-missing': [
    '检查点 {name} 缺少这些张量，另外还有 {more} 个：{tensors}。什么也没有写。',
    '请用受支持的模型族的完整检查点。',
  ],
  'preflight.rows': ['{name} 每行有 {columns} 个数，不是 {block} 的倍数。什么也没有写。', '请用另一个模型。'],
  'preflight.shape': [
    '张量 {name} 是 [{has}]；配置要求 [{needs}]。什么也没有写。',
    '请重新获取检查点，配置和权重要属于同一个模型。',
  ],
  'preflight.tensor-type': [
    '张量 {name} 的类型是 {type}，无法导入。什么也没有写。',
    '请用其中一种类型的检查点：{known}。',
  ],
  'preflight.tensors-unused': [
    '检查点里有这个版本用不到的张量，所以会算出别的结果：{tensors}。什么也没有写。',
    '请用另一个模型，或更新的应用版本。',
  ],
  'preflight.more-tensors-unused': [
    '检查点里有这个版本用不到的张量，所以会算出别的结果：{tensors}，另外还有 {more} 个。什么也没有写。',
    '请用另一个模型，或更新的应用版本。',
  ],
  'preflight.factors': ['张量 {name} 有 {has} 个系数，应为 {needs} 个。什么也没有写。', '请重新获取检查点。'],
  'preflight.no-template': [
    '{name} 没有聊天模板：它可能是基础模型，只会续写，不会聊天。什么也没有写。',
    '请用模型的 instruct 或 chat 版本，或用 --chat-template 给出模板。',
  ],
  'preflight.template-fails': [
    '无法使用聊天模板：{reason}。什么也没有写。',
    '请用聊天模板不同的模型，或用 --chat-template 给出一个。',
  ],
  'preflight.no-end': [
    '这个检查点没有说明回复以哪个词元结束。什么也没有写。',
    '请用带有 generation_config.json 或 tokenizer_config.json 的检查点。',
  ],
  'preflight.mask-outside': ['掩码词元是 {mask}，而模型的表只有 {rows} 行。什么也没有写。', '请重新获取检查点。'],
  'preflight.mask-unknown': ['这个检查点没有说明哪个词元是掩码。什么也没有写。', '请用另一个模型，或更新的应用版本。'],
  'preflight.no-mask-token': ['词表里没有可以当作掩码的特殊词元。什么也没有写。', '请用另一个模型，或更新的应用版本。'],
  'preflight.disk': ['模型包需要 {needed}，而磁盘只剩 {free}。什么也没有写。', '请腾出空间，或用 --out 另选一个磁盘。'],
  'preflight.memory': [
    '运行这个模型大约需要 {needed} 内存；这台电脑有 {has}。什么也没有写。',
    '请用小一些的模型，或用 --bits 4 导入。',
  ],
  'preflight.memory-4-bits': [
    '运行这个模型大约需要 {needed} 内存；这台电脑有 {has}。什么也没有写。',
    '请用小一些的模型。',
  ],
  'vocabulary.no-tokenizer': [
    '文件夹里没有 tokenizer.json，也没有 vocab.json 和 merges.txt。什么也没有写。',
    '请获取模型的分词器文件；只有 SentencePiece 模型无法读取。',
  ],
  'vocabulary.other-class': [
    '这个版本不知道分词器类 {class} 怎样切分文字。什么也没有写。',
    '请用带有 tokenizer.json 的文件夹，或其中一种：{known}。',
  ],
  'vocabulary.not-json': ['vocab.json 不是可读的 JSON。什么也没有写。', '请重新获取这个文件。'],
  'import.folder-taken': ['文件夹 {folder} 里有别的文件。什么也没有写。', '请用 --out 选一个新的文件夹。'],
});
