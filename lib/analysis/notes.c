/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "analysis/memory_note.h"
#include "analysis/notes.h"

#define MAX_NOTES 5
/* A holder below this share of all bytes is not worth a sentence. */
#define NOTE_SHARE 0.05
#define GARBAGE_SHARE 0.01
#define PILE_SHARE 0.2
/* So many classes are not those of what was imported. */
#define MANY_CLASSES 10
/* Steps from a class to what holds the pile, its __dict__ and an object there among them. */
#define NEAR_CLASS 2

struct notes {
	struct lg_verdict *verdict;
	unsigned told; /* bits of the shapes told */
};

/* Ascending: the one that says most wins. */
enum shape {
	SHAPE_NONE,
	SHAPE_SHARED,
	SHAPE_PILE,
	SHAPE_CLASSES,
	SHAPE_VIEW,
	SHAPE_CLASS,
	SHAPE_CHAIN,
	SHAPE_METHOD,
	SHAPE_FRAME,
	SHAPE_CLOSURE,
	SHAPE_DEFAULT,
	SHAPE_THREAD_LOCAL,
	SHAPE_GENERATOR,
	SHAPE_GREENLET,
	SHAPE_TASK,
	SHAPE_TRACEBACK,
	SHAPE_LRU_CACHE,
	SHAPE_INTERNED,
	SHAPE_GC_GARBAGE,
	SHAPE_C_CODE,
	SHAPE_C_VARIABLE, /* of which the dump says where it stands */
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

static bool is_type(const struct lg_hop *hop, const char *type)
{
	return strcmp(hop->type, type) == 0;
}

static bool is_generator(const struct lg_hop *hop)
{
	return type_starts(hop, "generator ") || type_starts(hop, "coroutine ") ||
	       type_starts(hop, "async_generator ");
}

/* What one step says about the shape of a leak. `held`: at or above what holds all of it. */
static enum shape shape_of_hop(const struct lg_analysis *analysis, const struct lg_hop *hop,
			       bool held)
{
	if (is_type(hop, "functools._lru_cache_wrapper"))
		return SHAPE_LRU_CACHE;
	if (hop->task && hop->waits[0])
		return SHAPE_TASK;
	if (is_generator(hop))
		return SHAPE_GENERATOR;
	if (!hop->task && lg_analysis_suspended(analysis, hop->object))
		return SHAPE_GREENLET;
	if (is_type(hop, "traceback"))
		return SHAPE_TRACEBACK;
	if (is_type(hop, "_thread._local"))
		return SHAPE_THREAD_LOCAL;
	if (starts(hop->label, "default ") && held)
		return SHAPE_DEFAULT;
	if (starts(hop->label, "cell ") && held)
		return SHAPE_CLOSURE;
	if (starts(hop->label, "frame ") && held)
		return SHAPE_FRAME;
	if (is_type(hop, "method") && !held)
		return SHAPE_METHOD;
	if (hop->repeat > 2 && !held)
		return SHAPE_CHAIN;
	if (lg_bit_get(analysis->is_class, hop->object))
		return held ? SHAPE_CLASS : hop->count >= MANY_CLASSES ? SHAPE_CLASSES : SHAPE_NONE;
	return SHAPE_NONE;
}

/* A coroutine that a frame runs (asyncio.run, a loop over a generator) is at work, not forgotten.
 */
static bool is_run_by_frame(const struct lg_path *path, size_t i)
{
	uint64_t threads = path->hop[0].counted ? path->hop[0].count : 1;

	return i > 0 && path->hop[i].count == threads && starts(path->hop[i - 1].label, "frame ");
}

static bool is_base_of_views(const struct lg_path *path, size_t i)
{
	return i > 0 && strcmp(path->hop[i].label, ".base") == 0 &&
	       is_type(&path->hop[i - 1], "numpy.ndarray");
}

/* The shape that says most of all steps of a path; *at: the step that says it, for most objects. */
static enum shape shape_of(const struct lg_analysis *analysis, const struct lg_holder *holder,
			   size_t *at)
{
	enum shape best = SHAPE_NONE;

	*at = holder->accumulation;
	if (holder->root_kind == LG_ROOT_INTERNED)
		return SHAPE_INTERNED;
	if (strcmp(holder->root, "interpreter gc.garbage") == 0)
		return SHAPE_GC_GARBAGE;
	if (holder->root_kind == LG_ROOT_C_CODE)
		return starts(holder->root, "C code (") ? SHAPE_C_VARIABLE : SHAPE_C_CODE;
	for (size_t i = 0; i < holder->path.count; i++) {
		const struct lg_hop *hop = &holder->path.hop[i];
		enum shape shape = shape_of_hop(analysis, hop, i <= holder->accumulation);

		if (is_base_of_views(&holder->path, i))
			shape = SHAPE_VIEW;
		if (shape == SHAPE_NONE ||
		    (shape == SHAPE_CLASS && i + NEAR_CLASS < holder->accumulation) ||
		    (shape == SHAPE_GENERATOR && is_run_by_frame(&holder->path, i)))
			continue;
		if (shape > best || (shape == best && hop->count > holder->path.hop[*at].count)) {
			best = shape;
			*at = i;
		}
	}
	/* A class itself is no attribute of it. */
	if (best == SHAPE_CLASS && *at == holder->accumulation)
		best = SHAPE_NONE;
	if (best == SHAPE_NONE && holder->shared)
		best = SHAPE_SHARED;
	if (best == SHAPE_NONE && holder->count > 1 && !holder->chain && holder->accumulation > 0 &&
	    holder->holder_type[0] && holder->share >= PILE_SHARE)
		best = SHAPE_PILE;
	return best;
}

static void tell_shape(const struct lg_holder *holder, enum shape shape, size_t at,
		       struct lg_buffer *text)
{
	const struct lg_hop *hop = &holder->path.hop[at];
	char number[LG_NUMBER_TEXT_BYTES];

	switch (shape) {
	case SHAPE_LRU_CACHE:
		lg_buffer_add(text,
			      "a functools cache keeps all arguments and results, self of a "
			      "method too: give it a maxsize, or keep results on the instance");
		break;
	case SHAPE_GENERATOR:
		lg_buffer_format(text,
				 "%s × %s, suspended and never finished: its locals live as "
				 "long as it does; close it, or drop the reference to it",
				 lg_count_text(hop->count, number), hop->type);
		break;
	case SHAPE_GREENLET:
		lg_buffer_format(text,
				 "%s × %s, switched away from and never back: the locals of its "
				 "frames live until that; give what it waits for a timeout, or kill it",
				 lg_count_text(hop->count, number), hop->type);
		break;
	case SHAPE_TASK:
		lg_buffer_format(text,
				 "%s × task, waiting at %s: its locals live until that comes; "
				 "give it a timeout, or cancel it",
				 lg_count_text(hop->count, number), hop->waits);
		break;
	case SHAPE_TRACEBACK:
		lg_buffer_add(text,
			      "a kept exception keeps its traceback, and that all frames with "
			      "their locals: keep its text, or clear __traceback__");
		break;
	case SHAPE_THREAD_LOCAL:
		lg_buffer_add(text,
			      "thread-local data lives as long as its thread: clear it when a "
			      "piece of work is done");
		break;
	case SHAPE_FRAME:
		lg_buffer_format(text, "%s %s still in %s: %s locals live until it returns",
				 holder->root, holder->path.hop[0].counted ? "are" : "is",
				 hop->label + strlen("frame "),
				 holder->path.hop[0].counted ? "their" : "its");
		break;
	case SHAPE_DEFAULT:
		lg_buffer_format(text,
				 "%s is a default argument: made once, it lives as long as "
				 "its function",
				 hop->label + strlen("default "));
		break;
	case SHAPE_CLOSURE:
		lg_buffer_format(text,
				 "%s is a variable that an inner function closes over: it "
				 "lives as long as that function",
				 hop->label + strlen("cell "));
		break;
	case SHAPE_INTERNED:
		lg_buffer_format(text,
				 "%s strings interned for ever, by C code or sys.intern: a few are "
				 "names, so many were made of data; don't intern those",
				 lg_count_text(holder->count, number));
		break;
	case SHAPE_GC_GARBAGE:
		lg_buffer_add(text, "gc.garbage keeps what the collector has found: as long as "
				    "gc.DEBUG_SAVEALL is set, or where a type has tp_del; switch it "
				    "off, and clear the list");
		break;
	case SHAPE_C_CODE:
		lg_buffer_format(text,
				 "%s × %s with references that no object explains: C code "
				 "holds them; look for a missing Py_DECREF%s",
				 lg_count_text(holder->count, number), holder->type,
				 strcmp(holder->type, "str") == 0 ? ", or strings interned for ever"
								  : "");
		break;
	case SHAPE_C_VARIABLE:
		lg_buffer_format(text,
				 "%s × %s kept by a variable of C code %s: only that file's code "
				 "can clear it",
				 lg_count_text(holder->count, number), holder->type,
				 holder->root + strlen("C code "));
		break;
	case SHAPE_METHOD:
		lg_buffer_format(text,
				 "%s bound methods keep the objects they are bound to: "
				 "unregister them, or hold them by weakref.WeakMethod",
				 lg_count_text(hop->count, number));
		break;
	case SHAPE_CHAIN:
		lg_buffer_format(text,
				 "a chain of %s × %s, one behind the other: letting go of its "
				 "head frees all",
				 lg_count_text(holder->count, number), holder->type);
		break;
	case SHAPE_CLASSES:
		lg_buffer_format(text,
				 "%s classes made while it ran, each with functions and tables of its "
				 "own: make the class once",
				 lg_count_text(hop->count, number));
		break;
	case SHAPE_VIEW:
		lg_buffer_add(text, "views keep the whole arrays that they were cut from: keep a "
				    "copy of the part (.copy())");
		break;
	case SHAPE_CLASS:
		lg_buffer_add(text, "a class attribute: one for all instances, it lives as long as "
				    "the class");
		break;
	case SHAPE_SHARED:
		lg_buffer_add(text, "held from several places at once: cut all of them, or nothing "
				    "is freed");
		break;
	case SHAPE_PILE:
		lg_buffer_format(text,
				 "%s entries in one %s, and nothing else keeps them: does "
				 "anything take them out again?",
				 lg_count_text(holder->count, number), holder->holder_type);
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

	/* What need be no leak needs no mend. */
	if (holder->share < NOTE_SHARE || holder->path.count == 0 || holder->points < -1)
		return;
	shape = shape_of(analysis, holder, &at);
	if (shape == SHAPE_NONE || (notes->told & 1u << shape))
		return;
	notes->told |= 1u << shape;
	lg_buffer_format(&text, "%zu: ", i + 1);
	tell_shape(holder, shape, at, &text);
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
