/** 模型包、分词器、聊天模板和模型族的错误。 */
import { wordsOf } from '../../kinds.ts';
import type { modelErrors } from '../../table/model.ts';

export const model = wordsOf<typeof modelErrors>()({
  'pack.no-manifest': [
    '模型的文件夹 {folder} 里没有 manifest.json。你的对话是安全的。',
    '请重新安装应用，或重新导入模型。',
  ],
  'pack.manifest-not-json': [
    '模型的 manifest.json 已损坏：它不是 JSON。你的对话是安全的。',
    '请重新安装应用，或重新导入模型。',
  ],
  'pack.newer-format': ['模型清单的格式是 {format}；这个版本能读格式 1 和 2。', '请更新应用。'],
  'pack.manifest-invalid': [
    '模型的 manifest.json 无效：{reason}。你的对话是安全的。',
    '请重新安装应用，或重新导入模型。',
  ],
  'pack.newer-graph': ['模型的计算图是更新的应用版本生成的。', '请更新应用。'],
  'pack.unknown-family': ['模型属于“{family}”族，这个版本不认识它。', '请更新应用。'],
  'pack.file-missing': ['缺少模型的文件 {name}。你的对话是安全的。', '请重新安装应用，或重新导入模型。'],
  'pack.file-elsewhere': ['模型的文件 {name} 是指向文件夹之外的链接。', '请重新安装应用，或重新导入模型。'],
  'pack.file-size': [
    '模型的文件 {name} 已损坏：有 {has} 个字节，应为 {expected} 个。你的对话是安全的。',
    '请重新安装应用，或重新导入模型。',
  ],
  'pack.file-differs': [
    '模型的文件 {name} 已损坏：内容与清单不符。你的对话是安全的。',
    '请重新安装应用，或重新导入模型。',
  ],
  'config.no-number': ['{where} 里没有数值 {keys}。什么也没有写。', '请用受支持的模型族的完整检查点。'],
  'config.no-text': ['{where} 里没有文字 {key}。什么也没有写。', '请用受支持的模型族的完整检查点。'],
  'config.not-a-number': [
    '{where} 里写着 {key}: {given}，这里应该是数值。什么也没有写。',
    '请用另一个模型，或更新的应用版本。',
  ],
  'config.not-a-flag': [
    '{where} 里写着 {key}: {given}，这里应该是 true 或 false。什么也没有写。',
    '请用另一个模型，或更新的应用版本。',
  ],
  'config.not-an-object': [
    '{where} 里写着 {key}: {given}，这里应该是对象。什么也没有写。',
    '请用另一个模型，或更新的应用版本。',
  ],
  'config.not-computed': [
    '{where} 里写着 {key}: {given}，这个版本无法计算。什么也没有写。',
    '请用另一个模型，或更新的应用版本。',
  ],
  'config.not-computed-because': [
    '{where} 里写着 {key}: {given}，无法支持（{reason}）。什么也没有写。',
    '请用另一个模型，或更新的应用版本。',
  ],
  'family.no-graph-gguf': [
    '这里还没有架构“{architecture}”的计算图。什么也没有写。',
    '请导入这些模型族之一的 GGUF：{known}。',
  ],
  'family.no-graph-folder': [
    '这里还没有架构“{architecture}”的计算图。什么也没有写。',
    '请导入这些模型族之一的模型文件夹：{known}。',
  ],
  'recipe.unknown': ['没有配方 {recipe}。什么也没有写。', '请给出其中一个：{known}。'],
  'recipe.other-family': [
    '配方 {recipe} 属于另一个模型族；这个检查点属于 {family}。什么也没有写。',
    '请给出其中一个：{known}。',
  ],
  'recipe.not-needed': [
    '配方 {recipe} 属于另一个模型族；这个检查点属于 {family}。什么也没有写。',
    '请去掉 --recipe：这个模型族不需要配方。',
  ],
  'recipe.several': [
    '这个检查点没有说明它是 {family} 的 {kinds} 种中的哪一种，而它们的写法不同。什么也没有写。',
    '请用 --recipe 说明是哪一种：{recipes}。',
  ],
  'safetensors.too-short': ['{path} 不是可读的 safetensors 文件：它比自己的头部还短。', '请重新获取这个文件。'],
  'safetensors.header-cut': ['{path} 不是可读的 safetensors 文件：头部不完整。', '请重新获取这个文件。'],
  'safetensors.header-not-json': ['{path} 不是可读的 safetensors 文件：头部不是 JSON。', '请重新获取这个文件。'],
  'safetensors.tensor-outside': [
    '{path} 不是可读的 safetensors 文件：张量 {tensor} 在文件之外。',
    '请重新获取这个文件。',
  ],
  'safetensors.no-tensor': ['{path} 里没有名为 {tensor} 的张量。', '请重新获取这个文件，或另选一个。'],
  'safetensors.not-i32': ['张量 {tensor} 的类型是 {type}，应为 I32。', '请重新获取这个文件，或另选一个。'],
  'safetensors.tensor-cut': ['{path} 在张量 {tensor} 中间就结束了。', '请重新获取这个文件；它没有下载完整。'],
  'safetensors.other-type': ['张量 {tensor} 的类型是 {type}；能读的是 F32、F16 和 BF16。', '请用其中一种类型的文件。'],
  'template.fixed-text-unwritable': [
    '固定的文字 {text} 里有这个模型写不出的字符。什么也没有发送。',
    '请把它们从模板里去掉。',
  ],
  'template.question-left-out': ['聊天模板漏掉了问题。什么也没有写。', '请用聊天模板不同的模型。'],
  'template.unreadable': ['无法读取模型的聊天模板。你的对话是安全的。', '请检查或重新导入模型。'],
  'template.refuses': ['模型的聊天模板拒绝了这些消息：{reason}。什么也没有发送。', '请更改消息，或另选一个模型。'],
  'template.too-long': [
    '最后一条消息连同外框需要 {tokens} 个词元，但模型的上下文只有 {context} 个，其中 {reserve} 个留给回复。什么也没有写。',
    '请缩短消息，或分几次发送。',
  ],
  'tokenizer.no-such-list': ['文件里没有可用的 {key}。什么也没有写。', '请用带有分词器的 GGUF 文件。'],
  'tokenizer.other-kind': [
    '这个版本不能读取预分词器为“{pre}”的分词器“{kind}”。什么也没有写。',
    '请用 SentencePiece BPE 分词器（“llama”）的模型，或者字节级 BPE 的其中一种：{known}。',
  ],
  'tokenizer.types-differ': [
    '文件里有 {tokens} 个词元，却只有 {types} 个的类型。什么也没有写。',
    '请重新下载这个文件。',
  ],
  'tokenizer.scores-differ': [
    '文件里有 {tokens} 个词元，却只有 {scores} 个的分数。什么也没有写。',
    '请重新下载这个文件。',
  ],
  'tokenizer.no-byte': [
    '分词器没有词元 {token}，所以有些文字它写不出来。什么也没有写。',
    '请用 SentencePiece 分词器带有全部 256 个字节的模型。',
  ],
  'tokenizer.token-twice': ['词元 {token} 在词表里出现了两次。什么也没有写。', '请重新下载这个文件。'],
  'tokenizer.other-model': ['分词器使用模型类型 {type}，这个版本不能读取。', '请用更新的应用版本，或另一个模型。'],
  'tokenizer.other-decoder': ['分词器使用解码器 {type}，这个版本不能读取。', '请用更新的应用版本，或另一个模型。'],
  'tokenizer.token-with-spaces': [
    '分词器会去掉特殊词元 {token} 两旁的空格，这个版本做不到。',
    '请用更新的应用版本，或另一个模型。',
  ],
  'tokenizer.incomplete': ['分词器没有模型或没有预分词器，这个版本不能读取。', '请用更新的应用版本，或另一个模型。'],
  'tokenizer.unreadable': ['无法读取模型的分词器文件。你的对话是安全的。', '请检查或重新导入模型。'],
  'tokenizer.no-token': '大小为 {size} 的词表里没有词元 {token}。',
});
