/** Words to make plausible text of, by script. Common ones stand first and are drawn oftener. */
export interface Script {
  readonly name: string;
  readonly words: readonly string[];
  /** Between words. */
  readonly space: string;
  readonly stop: string;
  /** Share of conversations. */
  readonly share: number;
}

const list = (words: string): string[] => words.trim().split(/\s+/);

export const scripts: readonly Script[] = [
  {
    name: 'english',
    share: 0.66,
    space: ' ',
    stop: '.',
    words: list(
      `the of and a to in is that it for was on are with as be at by this from or have an they which one you were all her would there their we him been has when who will no more if out so said what up its about than into them can only other time new some could these two may first then do any like my now over such our man me even most made after also did many off before must well back through years where much your way down should because long each just state those people too mr how little good world make very year still see own work men day get here old life both between being under never three know same last another while us might great come since against right came take used himself few house use place during high without again home around small however found mrs part school thought went say general once upon government left number course war until always away something fact water though public put less think almost hand enough far took head yet better set told nothing night end why called didn't eyes find going look asked later knew point next program city business give group toward young days let room side social given present several order national possible rather second face per among form important often things looked early white case john become large big need four within felt along children saw best church ever least power development light thing seemed family interest want members mind country area others done turned although open god service problem certain kind different thus began door help means sense whole matter copper plate engraver lantern harbour granite lichen thunder meadow violin orchard parchment saffron glacier compass telescope cinnamon walnut archive ledger furnace pigment varnish kelp heron tundra basalt quartz syntax compiler kernel tensor gradient entropy lattice manifold invariant theorem lemma matrix vector scalar derivative integral polynomial recursion iterator mutex semaphore socket packet router cache index schema migration transaction snapshot replica`,
    ),
  },
  {
    name: 'german',
    share: 0.08,
    space: ' ',
    stop: '.',
    words: list(
      `der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man sein wurde sei Prozent hatte kann gegen vom können schon wenn habe seine Mark ihre dann unter wir soll ich eines Jahr zwei Jahren diese dieser wieder keine Uhr seiner worden will zwischen immer Millionen was sagte Straße Größe Übung Äpfel öffnen fließen Gemälde Kupferstich Schlüssel Wörterbuch Geschwindigkeit`,
    ),
  },
  {
    name: 'french',
    share: 0.05,
    space: ' ',
    stop: '.',
    words: list(
      `de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont la mais avec elle tout nous sa vous ont été aussi leur bien peut ces y dont même où après être fait déjà très encore année côté façon idée théâtre forêt garçon leçon hôtel île naïf cœur œuvre gravure cuivre lumière obscurité`,
    ),
  },
  {
    name: 'greek',
    share: 0.02,
    space: ' ',
    stop: '.',
    words: list(
      `και το του να η της με που την από για τα είναι στο ο οι στην θα τον σε δεν των ότι μας ένα τους στη αλλά ήταν έχει μια όπως μετά χρόνια κάθε ημέρα νερό φως σκοτάδι χαλκός θάλασσα`,
    ),
  },
  {
    name: 'russian',
    share: 0.06,
    space: ' ',
    stop: '.',
    words: list(
      `и в не на я быть он с что а по это она этот к но они мы весь который из у то за свой что весь год от так о для ты же все тот мочь вы человек такой его сказать только или ещё бы себя один как уже до время если сам когда другой вот говорить наш мой знать стать при чтобы дело жизнь кто первый очень два день её новый рука даже во со раз где там под можно ну какой после их работа без самый потом надо хотеть ли слово идти большой должен место иметь ничто гравюра медь свет`,
    ),
  },
  {
    name: 'chinese',
    share: 0.05,
    space: '',
    stop: '。',
    words: list(
      `的 一 是 不 了 人 我 在 有 他 这 中 大 来 上 国 个 到 说 们 为 子 和 你 地 出 道 也 时 年 得 就 那 要 下 以 生 会 自 着 去 之 过 家 学 对 可 她 里 后 小 么 心 多 天 而 能 好 都 然 没 日 于 起 还 发 成 事 只 作 当 想 看 文 无 开 手 十 用 主 行 方 又 如 前 所 本 见 经 头 面 公 同 三 已 老 从 动 两 长 铜版 雕刻 光线 黑暗 图书馆 计算机 数据库 语言模型`,
    ),
  },
  {
    name: 'japanese',
    share: 0.03,
    space: '',
    stop: '。',
    words: list(
      `の に は を た が で て と し れ さ ある いる も する から な こと として い や れる など なっ ない この ため その あっ よう また もの という あり まで られ なる へ か だ これ によって により おり より による ず なり られる において ば なかっ なく しかし について せ だっ その後 できる それ 銅版画 光 闇 図書館 計算 時間 世界 言葉 模型`,
    ),
  },
  {
    name: 'arabic',
    share: 0.02,
    space: ' ',
    stop: '.',
    words: list(
      `في من على إلى أن هذا التي كان عن مع هو ذلك ما بين كل بعد هذه قد لم أو حتى عند كما لا يكون قبل أكثر حيث منذ تم أي وقت يوم عام الماء الضوء الظلام النحاس المدينة الكتاب اللغة`,
    ),
  },
  {
    name: 'hindi',
    share: 0.03,
    space: ' ',
    stop: '।',
    words: list(
      `के है में की से और का को हैं पर यह एक ने कि भी था हो इस लिए कर वह नहीं तो ही या साथ अपने बाद जो कुछ गया करने किया समय पानी प्रकाश अंधेरा ताँबा नगर पुस्तक भाषा`,
    ),
  },
];
