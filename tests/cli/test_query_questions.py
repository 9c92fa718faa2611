# SPDX-License-Identifier: GPL-2.0-or-later
"""The worked questions of lib/query/README.md, each as it stands there, with its answer."""

import os
import re
import tempfile
import unittest

import full_heap
from test_cli import TOP, run

DOCUMENT = os.path.join(TOP, "lib", "query", "README.md")
QUESTION = re.compile(r"^(\d+)\. (.+?)\n\n```sql\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.S | re.M)
# What the document's tables list as columns that a query may read, by table.
SCHEMA = re.compile(r"^\| `(\w+)` \| (.*) \|$", re.M)


class QuestionsTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="leakgraph-questions-")
        cls.dump = full_heap.service().write(os.path.join(cls.folder.name, "service.msgpack"))
        with open(DOCUMENT, encoding="utf-8") as file:
            cls.document = file.read()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def ask(self, sql):
        result = run("query", self.dump, sql)
        self.assertEqual((result.returncode, result.stderr), (0, b""), sql)
        return result.stdout.decode()

    def test_each_question_has_its_answer(self):
        """LEAKGRAPH_GOLDEN=write makes the answers anew: then read the difference."""
        if os.environ.get("LEAKGRAPH_GOLDEN") == "write":
            answered = QUESTION.sub(
                lambda q: f"{q[1]}. {q[2]}\n\n```sql\n{q[3]}```\n\n```text\n{self.ask(q[3])}```\n", self.document)
            with open(DOCUMENT, "w", encoding="utf-8") as file:
                file.write(answered)
            self.skipTest("the answers were written")
        questions = QUESTION.findall(self.document)
        self.assertEqual([int(q[0]) for q in questions], list(range(1, 25)))
        for number, question, sql, answer in questions:
            with self.subTest(f"{number}. {question}"):
                self.assertEqual(self.ask(sql), answer)
                self.assertGreater(len(answer.splitlines()), 1)

    def test_the_columns_are_those_of_the_tables(self):
        told = self.document.partition("## Tables")[2].partition("## Functions")[0]
        tables = SCHEMA.findall(told)
        self.assertEqual(len(tables), 17)
        for table, text in tables:
            columns = self.ask(f"SELECT name FROM pragma_table_info('{table}')").split()[1:]
            text = re.sub(r"\([^()]*\)", "", text)
            self.assertEqual(re.findall(r"`(\w+)`", text), columns, table)


if __name__ == "__main__":
    unittest.main()
