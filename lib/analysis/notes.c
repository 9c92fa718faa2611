/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "analysis/memory_note.h"
#include "analysis/notes.h"
#include "analysis/shapes.h"

#define MAX_NOTES 5
/* A holder below this share of all bytes is not worth a sentence. */
#define NOTE_SHARE 0.05
#define GARBAGE_SHARE 0.01

struct notes {
	struct lg_verdict *verdict;
	unsigned told; /* bits of the shapes told */
};

static void add_note(struct lg_verdict *verdict, struct lg_buffer *text)
{
	const char *kept = lg_buffer_keep(text, verdict->pool);

	if (verdict->note && verdict->note_count < MAX_NOTES)
		verdict->note[verdict->note_count++] = kept;
}

static void note_holder(struct notes *notes, const struct lg_analysis *analysis, size_t i)
{
	const struct lg_holder *holder = &notes->verdict->holder[i];
	struct lg_buffer text = {0};
	size_t at = 0;
	enum lg_shape shape;

	/* What need be no leak needs no mend. */
	if (holder->share < NOTE_SHARE || holder->path.count == 0 || holder->points < -1)
		return;
	shape = lg_shape_of(analysis, holder, &at);
	if (shape == LG_SHAPE_NONE || (notes->told & 1u << shape))
		return;
	notes->told |= 1u << shape;
	lg_buffer_format(&text, "%zu: ", i + 1);
	lg_shape_tell(holder, shape, at, &text);
	add_note(notes->verdict, &text);
}

/* Why the collector leaves cycles alone, and what to do, as far as its state is known. */
static void tell_cycles(const struct lg_snapshot *snapshot, const struct lg_garbage_summary *garbage,
			struct lg_buffer *text)
{
	const struct lg_collector_state *collector = snapshot->collectors;
	char number[LG_NUMBER_TEXT_BYTES];

	if (garbage->untracked[0]) {
		lg_buffer_format(text,
				 "garbage in cycles that the collector can't free: it is not told of "
				 "%s (a C type without its support); break the cycles",
				 garbage->untracked);
		return;
	}
	lg_buffer_add(text, "garbage in cycles waits for the collector: ");
	if (snapshot->collector_count == 0)
		lg_buffer_add(text, "it is off (gc.disable, gc.freeze) or has not come to it yet");
	else if (!collector->enabled)
		lg_buffer_add(text, "it is off (gc.disable); turn it on, call gc.collect() at good "
				    "moments, or break the cycles (weakref)");
	else if (collector->frozen)
		lg_buffer_format(text,
				 "it never looks at what is frozen, %s objects (gc.freeze); freeze "
				 "only what lives on, or call gc.unfreeze()",
				 lg_count_text(collector->frozen, number));
	else
		lg_buffer_add(text, "it is on, and has not come to it yet; if this grows, thresholds "
				    "are too high (gc.get_threshold)");
}

static void note_garbage(const struct lg_snapshot *snapshot, struct lg_verdict *verdict)
{
	struct lg_buffer text = {0};

	if (verdict->garbage.share < GARBAGE_SHARE)
		return;
	if (verdict->garbage.cycles)
		tell_cycles(snapshot, &verdict->garbage, &text);
	else
		lg_buffer_add(&text,
			      "garbage without cycles: no root found reaches it, nor does C code");
	add_note(verdict, &text);
}

/*
 * Its code and data, thread stacks, what the allocator keeps: small programs have
 * more of that than of objects, and nothing to look for.
 */
#define INTERPRETER_BYTES (32u << 20)

bool lg_mostly_elsewhere(const struct lg_summary *summary)
{
	uint64_t base = summary->anonymous_bytes ? summary->anonymous_bytes : summary->rss_bytes;

	return base && summary->explained < 0.5 && base - summary->object_bytes > INTERPRETER_BYTES;
}

static void note_summary(struct lg_verdict *verdict)
{
	const struct lg_summary *summary = &verdict->summary;
	char number[LG_NUMBER_TEXT_BYTES];
	struct lg_buffer text = {0};

	if (lg_mostly_elsewhere(summary) && !verdict->accounting->known) {
		lg_buffer_add(&text, "look beyond Python: buffers of C libraries, memory-mapped "
				     "files, free memory the allocator keeps");
		add_note(verdict, &text);
	}
	if (summary->gc_running) {
		lg_buffer_add(&text, "a collection was under way: some objects may be missing or "
				     "stand twice");
		add_note(verdict, &text);
	}
	if (summary->faults) {
		lg_buffer_format(&text, "%s objects could not be read in full",
				 lg_count_text(summary->faults, number));
		add_note(verdict, &text);
	}
}

enum lg_status lg_notes_add(const struct lg_analysis *analysis, struct lg_verdict *verdict,
			    struct lg_error *err)
{
	struct notes notes = {.verdict = verdict};
	bool first = lg_mostly_elsewhere(&verdict->summary) || verdict->summary.gc_running;
	struct lg_buffer memory = {0};
	enum lg_status status =
		lg_memory_note(analysis, verdict->accounting, INTERPRETER_BYTES, &memory, err);

	verdict->note = lg_pool_array(verdict->pool, MAX_NOTES, sizeof *verdict->note);
	verdict->memory_first = memory.used > 0;
	if (memory.used)
		add_note(verdict, &memory);
	if (first)
		note_summary(verdict);
	note_garbage(analysis->snapshot, verdict);
	for (size_t i = 0; i < verdict->holder_count; i++)
		note_holder(&notes, analysis, i);
	if (!first)
		note_summary(verdict);
	return status;
}

/* Can a type's text be typed at a shell and found again? */
static bool is_plain(const char *type)
{
	for (const char *c = type; *c; c++)
		if (!(*c == '.' || *c == '_' || (*c >= '0' && *c <= '9') ||
		      (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z')))
			return false;
	return type[0] != 0;
}

/* subject may be NULL. */
static void set_next(struct lg_verdict *verdict, const char *command, const char *subject)
{
	verdict->next[0] = command;
	verdict->next[1] = subject;
	verdict->next_count = subject ? 2 : 1;
}

/* A type of the program's own is told by name, anything else by an example. */
static void next_path(struct lg_verdict *verdict, const char *type, uint32_t object)
{
	struct lg_buffer text = {0};

	if (is_plain(type) && strchr(type, '.'))
		lg_buffer_add(&text, type);
	else
		lg_buffer_format(&text, "#%u", object);
	set_next(verdict, "path", lg_buffer_keep(&text, verdict->pool));
}

/* The object to look at: the task, where one waits, else what holds it all. */
static uint32_t example_of(const struct lg_holder *holder)
{
	for (size_t i = holder->path.count; i-- > 0;)
		if (holder->path.hop[i].task)
			return holder->path.hop[i].object;
	return holder->path.hop[holder->accumulation].object;
}

void lg_next_add(struct lg_verdict *verdict)
{
	const struct lg_holder *holder = verdict->holder;
	const struct lg_garbage_summary *garbage = &verdict->garbage;

	verdict->next = lg_pool_array(verdict->pool, 2, sizeof *verdict->next);
	if (!verdict->next)
		return;
	if (verdict->memory_first) {
		set_next(verdict, "memory", NULL);
		return;
	}
	if (garbage->pile_count &&
	    (verdict->holder_count == 0 || garbage->bytes > holder->retained_bytes)) {
		if (garbage->untracked[0])
			set_next(verdict, "cycles", NULL);
		else
			next_path(verdict, garbage->pile[0].type, garbage->pile[0].object);
		return;
	}
	if (verdict->holder_count && !holder->minor && holder->cut_all_total > 1)
		set_next(verdict, "cut", holder->signature);
	else if (verdict->holder_count && !holder->minor && holder->path.count)
		next_path(verdict, holder->type, example_of(holder));
}
