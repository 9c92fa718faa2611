/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/holders.h"
#include "base/array.h"
#include "base/cleanup.h"

#define ARROW " → "
#define ARROW_COLUMNS 3
#define ELLIPSIS "…"

/* What stands between two arrows. */
struct word {
	char *text;
	size_t columns;
	bool suspect;
	bool task; /* says more than what stands around it: stays when the middle is left out */
};

struct words {
	struct word *word;
	size_t count;
	bool failed;
};

static void free_words(struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->word[i].text);
	free(words->word);
}

static void add_word(struct words *words, struct lg_buffer *buffer, bool suspect)
{
	if (buffer->failed || !buffer->bytes) {
		words->failed = true;
		lg_buffer_free(buffer);
		return;
	}
	words->word[words->count++] = (struct word){
		buffer->bytes,
		lg_text_columns(buffer->bytes),
		suspect,
		false,
	};
	*buffer = (struct lg_buffer){0};
}

static void add_depth(struct lg_buffer *buffer, const struct lg_hop *block)
{
	char number[LG_NUMBER_TEXT_BYTES];

	lg_buffer_format(buffer, " ×%s deep", lg_count_text(block->repeat, number));
}

static bool says_type(const struct lg_hop *hop, const char *said)
{
	return hop->named_type && hop->type[0] && strcmp(hop->type, said) != 0;
}

/* What was said last: "[str] ×9 → app.Session → .payload" says neither type nor number twice. */
struct said {
	const char *type;
	uint64_t count;
};

/* Words of a hop: its label, and its type where that says something. */
static void add_hop(struct words *words, const struct lg_path *path, size_t i, size_t block,
		    struct said *said)
{
	const struct lg_hop *hop = &path->hop[i], *first = &path->hop[block];
	bool repeats = first->repeat > 1, last = i + 1 == block + first->period;
	char number[LG_NUMBER_TEXT_BYTES];
	struct lg_buffer buffer = {0};
	bool type = says_type(hop, said->type);

	lg_buffer_format(&buffer, "%s%s", repeats && first->period > 1 && i == block ? "(" : "",
			 hop->label);
	if (hop->count > 1 && hop->count != said->count && !hop->counted)
		lg_buffer_format(&buffer, " ×%s", lg_count_text(hop->count, number));
	if (repeats && last && first->period > 1 && !type)
		lg_buffer_add(&buffer, ")");
	if (repeats && last && (first->period == 1 || !type))
		add_depth(&buffer, first);
	add_word(words, &buffer, hop->suspect);
	said->count = hop->count;
	if (!type)
		return;
	lg_buffer_add(&buffer, hop->type);
	if (repeats && last && first->period > 1) {
		lg_buffer_add(&buffer, ")");
		add_depth(&buffer, first);
	}
	add_word(words, &buffer, false);
	if (!words->failed)
		words->word[words->count - 1].task = hop->task;
	said->type = hop->type;
}

static bool is_nameless(const struct lg_hop *hop)
{
	return strcmp(hop->label, "->") == 0 && hop->repeat <= 2 && hop->period == 1;
}

/* Is it within a block of several steps that repeats? Its words are those of the block. */
static bool is_in_block(const struct lg_path *path, size_t i)
{
	for (size_t back = 1; back < LG_MAX_PERIOD && back <= i; back++)
		if (path->hop[i - back].period > back)
			return true;
	return false;
}

bool lg_hop_is_silent(const struct lg_path *path, size_t i)
{
	const struct lg_hop *hop = &path->hop[i];

	return i > 0 && i + 1 < path->count && is_nameless(hop) && !hop->named_type &&
	       is_nameless(hop + 1) && hop[1].count == hop->count && !is_in_block(path, i);
}

static void split(const struct lg_path *path, struct words *words)
{
	struct said said = {"", 1};

	words->word = lg_alloc(path->count * 2 + 1, sizeof *words->word);
	if (!words->word) {
		words->failed = true;
		return;
	}
	for (size_t i = 0, block = 0; i < path->count; i++) {
		if (i >= block + path->hop[block].period)
			block = i;
		if (lg_hop_is_silent(path, i))
			continue;
		add_hop(words, path, i, block, &said);
	}
	if (path->more) {
		struct lg_buffer buffer = {0};

		lg_buffer_add(&buffer, ELLIPSIS);
		add_word(words, &buffer, false);
	}
}

/* Of several the innermost: it is the one whose locals are told of. 0: there is none. */
static size_t find_task(const struct words *words)
{
	size_t i = words->count;

	while (i-- > 1)
		if (words->word[i].task)
			return i;
	return 0;
}

/*
 * Which words fit: the first `front` and the last `back`, found by taking them
 * in turns, and a task between them. Returns the columns they take.
 */
static size_t choose(const struct words *words, size_t columns, size_t *front, size_t *back)
{
	size_t task = find_task(words), used = 0;

	for (size_t i = 0; i < words->count; i++)
		used += words->word[i].columns + (i ? ARROW_COLUMNS : 0);
	*front = words->count;
	*back = 0;
	if (columns == 0 || used <= columns || words->count < 3)
		return used;
	*front = *back = 1;
	used = words->word[0].columns + words->word[words->count - 1].columns + 2 * ARROW_COLUMNS +
	       1;
	if (task && task + 1 < words->count)
		used += words->word[task].columns + 2 * ARROW_COLUMNS + 1;
	while (*front + *back < words->count) {
		size_t next = words->word[*front].columns + ARROW_COLUMNS;
		size_t before = words->word[words->count - 1 - *back].columns + ARROW_COLUMNS;

		/* The root's end says more than the middle, so the front goes first. */
		if (*front <= *back && used + next <= columns) {
			used += next;
			++*front;
		} else if (used + before <= columns) {
			used += before;
			++*back;
		} else if (used + next <= columns) {
			used += next;
			++*front;
		} else {
			break;
		}
	}
	return used;
}

struct line {
	char *buffer;
	size_t capacity, used, columns;
	size_t limit; /* for text; where it is cut, one more is for the ellipsis */
	bool full;
};

static void put(struct line *line, const char *text, size_t length)
{
	if (line->used + length + 1 > line->capacity) {
		line->full = true;
		return;
	}
	memcpy(line->buffer + line->used, text, length);
	line->used += length;
	line->buffer[line->used] = 0;
}

/* Text that counts, up to the limit; what does not fit ends in an ellipsis. */
static void put_columns(struct line *line, const char *text)
{
	size_t length = strlen(text), whole = lg_text_columns(text);

	if (line->full)
		return;
	if (line->columns + whole <= line->limit) {
		put(line, text, length);
		line->columns += whole;
		return;
	}
	for (size_t i = 0; i < length;) {
		uint32_t codepoint;
		size_t n = lg_utf8_next(text + i, length - i, &codepoint);
		size_t width = n ? lg_codepoint_columns(codepoint) : 1;

		if (line->columns + width > line->limit)
			break;
		put(line, text + i, n ? n : 1);
		line->columns += width;
		i += n ? n : 1;
	}
	put(line, ELLIPSIS, strlen(ELLIPSIS));
	line->columns++;
	line->full = true;
}

static void put_word(struct line *line, const struct word *word, bool arrow,
		     const struct lg_path_style *style)
{
	bool styled = style && word->suspect;

	if (arrow)
		put_columns(line, ARROW);
	if (styled && !line->full)
		put(line, style->suspect_on, strlen(style->suspect_on));
	put_columns(line, word->text);
	if (styled)
		put(line, style->suspect_off, strlen(style->suspect_off));
}

/* An ellipsis for the words from `front` to `back`, or two with a task between them. */
static void put_middle(struct line *line, const struct words *words, size_t front, size_t back)
{
	size_t task = find_task(words);

	if (front == back)
		return;
	if (task < front || task >= back) {
		put_columns(line, ARROW ELLIPSIS);
		return;
	}
	if (task > front)
		put_columns(line, ARROW ELLIPSIS);
	put_word(line, &words->word[task], true, NULL);
	if (task + 1 < back)
		put_columns(line, ARROW ELLIPSIS);
}

size_t lg_path_text(const struct lg_path *path, size_t columns, const struct lg_path_style *style,
		    char *buffer, size_t capacity)
{
	lg_cleanup(free_words) struct words words = {0};
	struct line line = {.buffer = buffer, .capacity = capacity, .limit = SIZE_MAX};
	size_t front, back;

	if (capacity)
		buffer[0] = 0;
	split(path, &words);
	if (words.failed)
		return 0;
	if (choose(&words, columns, &front, &back) > columns && columns)
		line.limit = columns - 1;
	for (size_t i = 0; i < front; i++)
		put_word(&line, &words.word[i], i > 0, style);
	put_middle(&line, &words, front, words.count - back);
	for (size_t i = words.count - back; i < words.count; i++)
		put_word(&line, &words.word[i], true, style);
	return line.columns;
}
