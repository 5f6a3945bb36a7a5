"""Kinds of questions. Each kind is a list of openings; the base goes on from one and ends the question itself.

They cover what people ask a small offline model, in words of their own: none is a prompt of the evaluation.
"""

from __future__ import annotations

OPEN = [""]

REWRITE = [
    "Rewrite this so that it sounds more polite:\n\n",
    "Make this paragraph shorter without losing its point:\n\n",
    "Correct the spelling and grammar:\n\n",
    "Put the following into plain English:\n\n",
    "Turn this note into a friendly email:\n\n",
    "Say this in one sentence:\n\n",
]

LIST = ["List three", "Give me five", "Name four", "What are some ways to", "Make a checklist for", "Suggest six"]

FACT = ["What is", "Who", "When did", "Where is", "Why do", "How many", "What does the word", "Is it true that"]

EXTRACT = [
    "Read this text and tell me who it is about:\n\n",
    "Find every date in this message:\n\n",
    "What is the price in this advert?\n\n",
    "Pull the names out of these notes:\n\n",
    "Summarise the main points of this text:\n\n",
]

CODE = [
    "Write a Python function that",
    "Write a JavaScript function that",
    "How do I write a loop that",
    "What does this code do?\n\n```python\n",
    "Find the mistake in this code:\n\n```python\n",
    "Write an SQL query that",
]

WRITE = ["Write a short story about", "Write a poem about", "Draft a letter to", "Write a paragraph on", "Describe"]

EXPLAIN = ["Explain", "How does", "What is the difference between", "Teach me about", "Help me understand", "Compare"]

COUNT = ["Calculate", "If I have", "How much is", "A shop sells", "Solve this step by step:"]

# kind: (openings, share, whether the answer is code: never a repetition penalty there)
KINDS: dict[str, tuple[list[str], float, bool]] = {
    "open": (OPEN, 0.28, False),
    "rewrite": (REWRITE, 0.10, False),
    "list": (LIST, 0.10, False),
    "fact": (FACT, 0.12, False),
    "extract": (EXTRACT, 0.08, False),
    "code": (CODE, 0.12, True),
    "write": (WRITE, 0.07, False),
    "explain": (EXPLAIN, 0.08, False),
    "count": (COUNT, 0.05, False),
}
