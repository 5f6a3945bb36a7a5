"""Chat-like texts for the parity fixtures, special tokens written out."""


def chat(*turns: str, system: str = "You are a helpful AI assistant named SmolLM, trained by Hugging Face") -> str:
    roles = ("user", "assistant")
    body = "".join(f"<|im_start|>{roles[i % 2]}\n{turn}<|im_end|>\n" for i, turn in enumerate(turns))
    return f"<|im_start|>system\n{system}<|im_end|>\n{body}".removesuffix("<|im_end|>\n")


CHATS = [
    chat(
        "What is the capital of France?",
        "The capital of France is Paris. It is located in the north of the country, on the river Seine, and it is known for the Eiffel Tower, the Louvre and its cafés.",
        "And of Italy?",
        "The capital of Italy is Rome.",
    ),
    chat(
        "Write a Python function that returns the n-th Fibonacci number.",
        "Here is a function that returns the n-th Fibonacci number:\n\n```python\ndef fibonacci(n):\n    if n <= 0:\n        return 0\n    elif n == 1:\n        return 1\n    else:\n        return fibonacci(n - 1) + fibonacci(n - 2)\n```\n\nYou can call it with `fibonacci(10)`.",
    ),
    chat(
        "Give me three tips for sleeping better.",
        "Sure! Here are three tips for sleeping better:\n\n1. **Keep a schedule**: Go to bed and wake up at the same time every day.\n2. **Avoid screens**: Put your phone away at least 30 minutes before bed.\n3. **Keep it cool**: A dark, quiet and cool room helps you fall asleep.",
    ),
    chat(
        "Tell me a short story about a fox.",
        "Once upon a time, in a small forest, there lived a fox named Finn. Finn was curious and loved to explore. One day he found a path that he had never seen before. He followed it until he came to a river, where an old heron was standing on one leg. \"Where does the river go?\" asked Finn. \"To the sea,\" said the heron, \"but you must be patient.\"",
    ),
    chat(
        "What is 12 + 30?",
        "12 + 30 = 42.",
        "And 7 * 8?",
        "7 * 8 = 56.",
        "Add both results.",
        "To add both results, we add 42 and 56:\n\n42 + 56 = 98",
        system="You are a careful calculator.",
    ),
    chat(
        "Fix this: `for (i = 0; i < 10; i++ { console.log(i) }`",
        "The closing parenthesis of the loop is missing, and the variable is not declared. Here is the corrected code:\n\n```javascript\nfor (let i = 0; i < 10; i++) {\n  console.log(i);\n}\n```\n\nIt prints the numbers from 0 to 9.",
    ),
    chat(
        "Make a table of three planets with their distance from the sun.",
        "| Planet | Distance from the sun |\n|---|---|\n| Mercury | 57.9 million km |\n| Venus | 108.2 million km |\n| Earth | 149.6 million km |\n\nThe distances are averages, since the orbits are ellipses.",
    ),
    chat(
        "Explain photosynthesis to a child.",
        "Photosynthesis is how plants make their own food. They take in sunlight with their leaves, water with their roots, and a gas called carbon dioxide from the air. With the energy of the sun they turn these into sugar, which helps them grow, and oxygen, which we breathe. So when you see a green leaf in the sun, it is like a tiny kitchen at work!",
    ),
    chat(
        "Écris une phrase en français sur la mer, puis traduis-la.",
        "La mer est calme ce matin, et les bateaux dorment encore au port.\n\nThe sea is calm this morning, and the boats are still asleep in the harbour. 🌊",
    ),
    chat(
        "Write an email to my landlord about a broken heater.",
        "Subject: Broken heater in apartment 4B\n\nDear Mr. Miller,\n\nI am writing to let you know that the heater in my apartment has stopped working since last night. The temperature has dropped to 15 degrees, and it is getting uncomfortable. Could you please send someone to repair it as soon as possible?\n\nThank you for your help.\n\nBest regards,\n[Your Name]",
    ),
    chat(
        "Which is heavier, a kilogram of iron or a kilogram of feathers?",
        "They weigh the same: one kilogram is one kilogram, whatever it is made of. The feathers only take up much more space.",
        "Why do people get this wrong?",
        "People often get this wrong because they think of how heavy a single feather or a piece of iron feels. The question names the material first, and we picture it before we notice that the weight is already given.",
    ),
    chat(
        "SELECT name FROM users WHERE age > 30 — what does this do?",
        "This SQL query selects the `name` column of every row in the `users` table where the value of `age` is greater than 30. The result is a list of names:\n\n```sql\nSELECT name\nFROM users\nWHERE age > 30;\n```\n\nTo sort them, add `ORDER BY name`.",
    ),
]
