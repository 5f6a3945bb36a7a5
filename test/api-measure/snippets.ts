/**
 * Twenty small functions of ours with three holes each, between ⟦ and ⟧: an expression, an argument, a condition or a line. They
 * were written for this and stand nowhere else.
 */
export const snippets: readonly string[] = [
  `def mean(values):
    total = 0
    for value in values:
        total += ⟦value⟧
    if len(values) == 0:
        return ⟦None⟧
    return total / ⟦len(values)⟧
`,
  `def count_words(text):
    counts = ⟦{}⟧
    for word in text.lower().split():
        counts[word] = counts.get(word, 0) ⟦+ 1⟧
    return ⟦counts⟧
`,
  `def is_palindrome(text):
    letters = [c.lower() for c in text if c.isalpha()]
    left, right = 0, ⟦len(letters) - 1⟧
    while left < right:
        if letters[left] != ⟦letters[right]⟧:
            return False
        left += 1
        right ⟦-= 1⟧
    return True
`,
  `def read_lines(path):
    with open(path, ⟦encoding="utf-8"⟧) as file:
        return [line.strip() for line in ⟦file⟧ if line.⟦strip()⟧]
`,
  `class Stack:
    def __init__(self):
        self.items = ⟦[]⟧

    def push(self, item):
        self.items.⟦append(item)⟧

    def pop(self):
        return self.items.⟦pop()⟧
`,
  `def factorial(n):
    if n <= 1:
        return ⟦1⟧
    return n * ⟦factorial(n - 1)⟧

print(⟦factorial(5)⟧)
`,
  `def celsius_to_fahrenheit(celsius):
    return celsius * 9 / 5 + ⟦32⟧

def fahrenheit_to_celsius(fahrenheit):
    return (fahrenheit - ⟦32⟧) * 5 / ⟦9⟧
`,
  `def largest(numbers):
    best = ⟦numbers[0]⟧
    for number in ⟦numbers⟧:
        if number > best:
            best = ⟦number⟧
    return best
`,
  `import json

def save(data, path):
    with open(path, ⟦"w"⟧) as file:
        json.dump(data, ⟦file⟧)

def load(path):
    with open(path) as file:
        return json.⟦load(file)⟧
`,
  `def fibonacci(n):
    a, b = 0, ⟦1⟧
    for _ in range(⟦n⟧):
        a, b = b, ⟦a + b⟧
    return a
`,
  `function sum(numbers: number[]): number {
  let total = ⟦0⟧;
  for (const number of ⟦numbers⟧) {
    total ⟦+=⟧ number;
  }
  return total;
}
`,
  `function unique(list) {
  const seen = new ⟦Set()⟧;
  return list.filter((item) => {
    if (seen.has(⟦item⟧)) return false;
    seen.⟦add(item)⟧;
    return true;
  });
}
`,
  `async function getJson(url) {
  const response = ⟦await⟧ fetch(url);
  if (!response.⟦ok⟧) {
    throw new Error("The request failed: " + response.status);
  }
  return response.⟦json()⟧;
}
`,
  `function clamp(value, low, high) {
  if (value < low) return ⟦low⟧;
  if (value > ⟦high⟧) return high;
  return ⟦value⟧;
}
`,
  `class Counter {
  constructor() {
    this.count = ⟦0⟧;
  }
  increment() {
    this.count ⟦+= 1⟧;
  }
  reset() {
    this.⟦count = 0⟧;
  }
}
`,
  `function reverse(text) {
  let result = ⟦""⟧;
  for (let i = text.length - 1; i ⟦>= 0⟧; i--) {
    result += ⟦text[i]⟧;
  }
  return result;
}
`,
  `CREATE TABLE books (
  id INTEGER ⟦PRIMARY KEY⟧,
  title TEXT ⟦NOT NULL⟧,
  year INTEGER
);
SELECT title FROM ⟦books⟧ WHERE year > 1990;
`,
  `SELECT customers.name, COUNT(orders.id)
FROM customers
JOIN ⟦orders⟧ ON orders.customer_id = customers.⟦id⟧
GROUP BY ⟦customers.name⟧;
`,
  `<!DOCTYPE html>
<html>
  <head>
    <title>A page</⟦title⟧>
  </head>
  <body>
    <h1>Hello</⟦h1⟧>
    <p>This is a paragraph.⟦</p>⟧
  </body>
</html>
`,
  `int max(int a, int b) {
  if (a > b) {
    return ⟦a⟧;
  }
  return ⟦b⟧;
}

int main() {
  printf("%d\\n", max(3, ⟦7⟧));
  return 0;
}
`,
];

export interface Hole {
  prefix: string;
  suffix: string;
  /** What stood there. */
  answer: string;
}

/** Each hole by itself, the others filled. */
export const holes: readonly Hole[] = snippets.flatMap((snippet) => {
  const parts = snippet.split(/[⟦⟧]/);
  return parts.flatMap((answer, i): Hole[] =>
    i % 2 === 0 ? [] : [{ prefix: parts.slice(0, i).join(''), suffix: parts.slice(i + 1).join(''), answer }],
  );
});
