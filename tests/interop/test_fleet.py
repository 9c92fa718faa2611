# SPDX-License-Identifier: GPL-2.0-or-later
"""The worked questions of formats/fleet/QUERIES.md, each as it stands there, with its answer.

DuckDB is asked always, ClickHouse where `tests/readers --clickhouse` has brought it.
"""

import os
import re
import unittest

import fleet
import parquet
import support

DOCUMENT = os.path.join(support.TOP, "formats", "fleet", "QUERIES.md")
VIEWS = re.compile(r"^```sql\n(CREATE .*?)```\n", re.S | re.M)
QUESTION = re.compile(r"^(\d+)\. (.+?)\n\n```sql\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.S | re.M)


def as_text(answer):
    """A table as `leakgraph query` prints it: numbers to the right."""
    rows = [[parquet.value(cell) for cell in row] for row in answer["rows"]]
    # Without a fraction where there is none, however the reader has it.
    rows = [[int(cell) if isinstance(cell, float) and cell.is_integer() else cell for cell in row] for row in rows]
    columns = list(zip(answer["names"], *rows))
    numeric = [all(isinstance(cell, (int, float)) for cell in column[1:]) for column in columns]
    width = [max(len(str(cell)) for cell in column) for column in columns]
    lines = []
    for row in [answer["names"], *rows]:
        cells = [str(cell).rjust(size) if right else str(cell).ljust(size)
                 for cell, size, right in zip(row, width, numeric)]
        lines.append("  ".join(cells).rstrip() + "\n")
    return "".join(lines)


class FleetTest(parquet.ParquetTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(DOCUMENT, encoding="utf-8") as file:
            cls.document = file.read()
        cls.path = os.path.join(cls.folder.name, "fleet")
        for dump, place in fleet.dumps(cls.folder.name).items():
            # What web-1 has is kept as a profile: the answers are the same.
            if place["host"] == "web-1":
                profile = dump.replace(".msgpack", ".profile")
                support.run("summarize", dump, "-o", profile)
                dump = profile
            words = [word for key, name in place.items() for word in ("--" + key, name)]
            result = support.run("export", dump, "--parquet", cls.path, *words)
            assert result.returncode == 0, result.stderr

    def views(self, number):
        """The statements of the document's first or second block, on this fleet."""
        block = VIEWS.findall(self.document)[number].replace("'fleet/", f"'{self.path}/")
        block = re.sub(r"^--.*\n", "", block, flags=re.M)
        return [statement.strip() for statement in block.split(";") if statement.strip()]

    def check(self, reader, views, *options):
        questions = QUESTION.findall(self.document)
        answers = parquet.ask(reader, [*views, *(question[2] for question in questions)], *options)
        self.assertEqual([answer for answer in answers[:len(views)] if "error" in answer], [])
        self.assertEqual([int(question[0]) for question in questions], list(range(1, 11)))
        for (number, question, _, expected), answer in zip(questions, answers[len(views):]):
            with self.subTest(f"{number}. {question}"):
                self.assertNotIn("error", answer)
                self.assertEqual(as_text(answer), expected)
                self.assertGreater(len(expected.splitlines()), 1)

    def test_duckdb(self):
        """LEAKGRAPH_GOLDEN=write makes the answers anew: then read the difference."""
        views = self.views(0)
        if os.environ.get("LEAKGRAPH_GOLDEN") == "write":
            questions = QUESTION.findall(self.document)
            answers = parquet.ask("duckdb", [*views, *(question[2] for question in questions)])
            texts = {question[0]: as_text(answer) if "rows" in answer else answer["error"] + "\n"
                     for question, answer in zip(questions, answers[len(views):])}
            with open(DOCUMENT, "w", encoding="utf-8") as file:
                file.write(QUESTION.sub(
                    lambda q: f"{q[1]}. {q[2]}\n\n```sql\n{q[3]}```\n\n```text\n{texts[q[1]]}```\n", self.document))
            self.skipTest("the answers were written")
        self.check("duckdb", views)

    def test_clickhouse(self):
        if not parquet.modules("--clickhouse"):
            self.skipTest("ClickHouse is not there: tests/readers --clickhouse brings it (546 MB)")
        self.check("clickhouse", self.views(1), "--clickhouse")


if __name__ == "__main__":
    unittest.main()
