/**
 * What a model reads before its matrices are laid out as integers, to see how large its activations are, and what it reads
 * after that, to see that it still says the same. The second text shares no sentence with the first.
 */
export const CALIBRATION = [
  'Could you explain to my grandmother what a tide table is for? She lives by the sea and walks her dog along the beach every morning before breakfast.',
  'A tide table says at what time of the day the water stands highest and lowest. If low tide is at 7:40, the sand is widest then, and a walk of two hours fits well between 6:30 and 8:30. The times move on by about fifty minutes from one day to the next, because the moon does too.',
  '1. Boil 500 g of potatoes in their skins.\n2. Fry two onions in butter until they are brown.\n3. Mix both with salt, pepper and a spoonful of vinegar; serve warm.\n\nFor six people take 1.5 kg, six onions and 75 g of butter.',
  'def longest_run(values):\n    """Length of the longest run of equal neighbours."""\n    best = run = 0\n    previous = object()\n    for value in values:\n        run = run + 1 if value == previous else 1\n        previous = value\n        best = max(best, run)\n    return best\n\nassert longest_run([3, 3, 1, 1, 1, 2]) == 3\n',
  '{"order": 20391, "customer": {"name": "M. Okafor", "city": "Lagos"}, "items": [{"sku": "A-17", "count": 2, "price": 14.5}, {"sku": "C-03", "count": 1, "price": 220.0}], "paid": true, "note": null}',
  'The train from Lyon was late again. Nobody on the platform complained; they had brought books, sandwiches and, in one case, a cello. When it came at last, its windows were white with frost, and the conductor apologised in three languages to people who had forgotten what they were waiting for.',
  'Solve 3x + 7 = 2(x + 9). First expand the right side: 3x + 7 = 2x + 18. Subtract 2x from both sides: x + 7 = 18. So x = 11. Check: 3 · 11 + 7 = 40, and 2 · (11 + 9) = 40.',
  '请用两句话介绍一下这座城市。它建在两条河的交汇处，老城区的街道很窄，夏天的晚上人们喜欢坐在桥边喝茶聊天。冬天很少下雪，但是雾很大，早上开车要小心。',
  'Sehr geehrte Frau Lindner, vielen Dank für Ihre Nachricht vom 4. März. Die beiden Lampen sind gestern bei uns angekommen; leider ist der Schirm der kleineren zerbrochen. Könnten Sie uns einen neuen schicken?',
  '| planet | moons | year in days |\n|---|---|---|\n| Mercury | 0 | 88 |\n| Earth | 1 | 365.25 |\n| Mars | 2 | 687 |\n\nMars needs nearly twice as long as the Earth for one turn around the sun.',
  "SELECT city, COUNT(*) AS orders, SUM(total) AS revenue\nFROM orders\nWHERE placed_at >= '2024-01-01'\nGROUP BY city\nHAVING COUNT(*) > 10\nORDER BY revenue DESC;\n",
  'Is it safe to mix bleach and ammonia? No. Together they give off chloramine gas, which burns the lungs. Open the windows, leave the room, and call a doctor if you cough or feel dizzy.',
  'function debounce(callback, wait) {\n  let timer;\n  return (...args) => {\n    clearTimeout(timer);\n    timer = setTimeout(() => callback(...args), wait);\n  };\n}\n',
  'Écrivez une courte lettre pour remercier votre voisin, qui a arrosé vos plantes pendant les vacances. Dites-lui que les tomates sont déjà rouges et invitez-le à dîner samedi soir.',
].join('\n\n');

export const HELD_OUT = [
  'What should I look at before I buy a used bicycle? Turn the pedals backwards and listen: a chain that grinds is worn. Spin both wheels and watch the gap at the brakes; it should stay the same all the way round. Then lift the front and drop it from a hand’s height. A rattle means that the headset is loose.',
  'class Stack:\n    def __init__(self):\n        self._items = []\n\n    def push(self, item):\n        self._items.append(item)\n\n    def pop(self):\n        if not self._items:\n            raise IndexError("the stack is empty")\n        return self._items.pop()\n',
  'A farmer has 48 hens and sells a third of them. Of those that are left, a quarter lay no eggs. How many hens lay eggs? She sells 16, so 32 are left; a quarter of 32 is 8, and 32 − 8 = 24 hens lay eggs.',
  '明天下午三点我们在图书馆门口见面，好吗？如果下雨，就改到旁边的咖啡馆。',
].join('\n\n');
