/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "analysis/notes.h"

#define MAX_NOTES 5
/* A holder below this share of all bytes is not worth a sentence. */
#define NOTE_SHARE 0.05
#define GARBAGE_SHARE 0.01

struct notes {
	struct lg_verdict *verdict;
	unsigned told; /* bits of the shapes told */
};

enum shape {
	SHAPE_NONE, SHAPE_LRU_CACHE, SHAPE_GENERATOR, SHAPE_THREAD_LOCAL, SHAPE_FRAME, SHAPE_DEFAULT,
	SHAPE_CLOSURE, SHAPE_C_CODE, SHAPE_CHAIN, SHAPE_CLASS, SHAPE_SHARED,
};

static void add_note(struct lg_verdict *verdict, struct lg_buffer *text)
{
	const char *kept = lg_buffer_keep(text, verdict->pool);

	if (verdict->note && verdict->note_count < MAX_NOTES)
		verdict->note[verdict->note_count++] = kept;
}

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool type_starts(const struct lg_hop *hop, const char *with)
{
	return starts(hop->type, with);
}

/* Which shape of leak a path up to what piles up is; *at: the hop that tells. */
static enum shape shape_of(const struct lg_analysis *analysis, const struct lg_holder *holder,
			   size_t *at)
{
	const struct lg_path *path = &holder->path;
	enum shape shape = SHAPE_NONE;

	if (holder->root_kind == LG_ROOT_C_CODE)
		return SHAPE_C_CODE;
	for (size_t i = 0; i < path->count; i++) {
		const struct lg_hop *hop = &path->hop[i];

		if (i > holder->accumulation + 1)
			break;
		*at = i;
		if (type_starts(hop, "functools._lru_cache_wrapper"))
			return SHAPE_LRU_CACHE;
		if (type_starts(hop, "generator") || type_starts(hop, "coroutine") ||
		    type_starts(hop, "async_generator"))
			return SHAPE_GENERATOR;
		if (starts(hop->label, "default"))
			return SHAPE_DEFAULT;
		if (starts(hop->label, "cell"))
			return SHAPE_CLOSURE;
		if (starts(hop->label, "frame "))
			return SHAPE_FRAME;
		if (i <= holder->accumulation && i + 1 < path->count &&
		    lg_bit(analysis->is_class, hop->object) && path->hop[i + 1].label[0] == '.')
			shape = SHAPE_CLASS;
		if (hop->repeat > 2 && i > holder->accumulation)
			shape = SHAPE_CHAIN;
	}
	*at = holder->accumulation;
	if (shape == SHAPE_NONE && holder->root_kind == LG_ROOT_THREAD)
		shape = SHAPE_THREAD_LOCAL;
	if (shape == SHAPE_NONE && holder->shared)
		shape = SHAPE_SHARED;
	return shape;
}

static void tell_shape(const struct lg_holder *holder, enum shape shape, size_t at,
		       struct lg_buffer *text)
{
	const struct lg_hop *hop = &holder->path.hop[at < holder->path.count ? at : 0];
	char number[LG_NUMBER_TEXT_BYTES];

	switch (shape) {
	case SHAPE_LRU_CACHE:
		lg_buffer_add(text, "a functools cache keeps all arguments and results, self of a "
				    "method too: give it a maxsize, or keep results on the instance");
		break;
	case SHAPE_GENERATOR:
		lg_buffer_format(text, "%s suspended %s%s and never finished: locals live as long "
				 "as it does; close() it or drop the reference to it",
				 lg_count_text(hop->count, number), hop->type,
				 hop->count > 1 ? " are" : " is");
		break;
	case SHAPE_THREAD_LOCAL:
		lg_buffer_format(text, "%s keeps this for itself (thread local): it lives as long "
				 "as the thread", holder->root);
		break;
	case SHAPE_FRAME:
		lg_buffer_format(text, "%s is still in %s: its locals live until it returns",
				 holder->root, hop->label + strlen("frame "));
		break;
	case SHAPE_DEFAULT:
		lg_buffer_format(text, "%s is a default argument: made once, it lives as long as "
				 "its function", hop->label + (starts(hop->label, "default ") ? 8 : 0));
		break;
	case SHAPE_CLOSURE:
		lg_buffer_format(text, "%s is a variable that an inner function closes over: it "
				 "lives as long as that function",
				 hop->label + (starts(hop->label, "cell ") ? 5 : 0));
		break;
	case SHAPE_C_CODE:
		lg_buffer_format(text, "references to %s that no object explains: held by C code; "
				 "look for a missing Py_DECREF", holder->type);
		break;
	case SHAPE_CHAIN:
		lg_buffer_format(text, "a chain of %s %s, one behind the other: to let go of its "
				 "head frees all", lg_count_text(holder->count, number), holder->type);
		break;
	case SHAPE_CLASS:
		lg_buffer_add(text, "a class attribute: one for all instances, it lives as long as "
				    "the class");
		break;
	case SHAPE_SHARED:
		lg_buffer_add(text, "held from several places at once: cut all of them, or nothing "
				    "is freed");
		break;
	default:
		break;
	}
}

static void note_holder(struct notes *notes, const struct lg_analysis *analysis, size_t i)
{
	const struct lg_holder *holder = &notes->verdict->holder[i];
	struct lg_buffer text = {0};
	size_t at = 0;
	enum shape shape;

	if (holder->share < NOTE_SHARE || holder->path.count == 0)
		return;
	shape = shape_of(analysis, holder, &at);
	if (shape == SHAPE_NONE || (notes->told & 1u << shape))
		return;
	notes->told |= 1u << shape;
	lg_buffer_format(&text, "%zu: ", i + 1);
	tell_shape(holder, shape, at, &text);
	add_note(notes->verdict, &text);
}

static void note_garbage(struct lg_verdict *verdict)
{
	struct lg_buffer text = {0};

	if (verdict->garbage.share < GARBAGE_SHARE)
		return;
	lg_buffer_add(&text, verdict->garbage.cycles ?
		      "garbage in cycles waits for the collector: it is off (gc.disable, "
		      "gc.freeze) or has not come to it yet" :
		      "garbage without cycles: no root found reaches it, nor does C code");
	add_note(verdict, &text);
}

static void note_summary(struct lg_verdict *verdict)
{
	const struct lg_summary *summary = &verdict->summary;
	char number[LG_NUMBER_TEXT_BYTES];
	struct lg_buffer text = {0};

	if (summary->rss_bytes && summary->explained < 0.5) {
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

void lg_notes_add(const struct lg_analysis *analysis, struct lg_verdict *verdict)
{
	struct notes notes = {.verdict = verdict};

	verdict->note = lg_pool_array(verdict->pool, MAX_NOTES, sizeof *verdict->note);
	if (verdict->summary.explained < 0.5 || verdict->summary.gc_running)
		note_summary(verdict);
	note_garbage(verdict);
	for (size_t i = 0; i < verdict->holder_count; i++)
		note_holder(&notes, analysis, i);
	if (verdict->summary.explained >= 0.5 && !verdict->summary.gc_running)
		note_summary(verdict);
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

void lg_next_add(const struct lg_analysis *analysis, struct lg_verdict *verdict)
{
	const struct lg_holder *holder = verdict->holder;
	struct lg_buffer text = {0};
	const struct lg_hop *hop;

	if (verdict->holder_count == 0 || holder->path.count == 0)
		return;
	verdict->next = lg_pool_array(verdict->pool, 2, sizeof *verdict->next);
	if (!verdict->next)
		return;
	hop = &holder->path.hop[holder->accumulation];
	if (is_plain(holder->type) && strchr(holder->type, '.'))
		lg_buffer_add(&text, holder->type);
	else
		lg_buffer_format(&text, "#%u", hop->object);
	(void)analysis;
	verdict->next[0] = "path";
	verdict->next[1] = lg_buffer_keep(&text, verdict->pool);
	verdict->next_count = 2;
}
