/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "analysis/shapes.h"

/* A pile of this share of all bytes is worth a question. */
#define PILE_SHARE 0.2
/* So many classes are not those of what was imported. */
#define MANY_CLASSES 10
/* Steps from a class to what holds the pile, its __dict__ and an object there among them. */
#define NEAR_CLASS 2

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
static enum lg_shape shape_of_hop(const struct lg_analysis *analysis, const struct lg_hop *hop,
			       bool held)
{
	if (is_type(hop, "functools._lru_cache_wrapper"))
		return LG_SHAPE_LRU_CACHE;
	if (hop->task && hop->waits[0])
		return LG_SHAPE_TASK;
	if (is_generator(hop))
		return LG_SHAPE_GENERATOR;
	if (!hop->task && lg_analysis_suspended(analysis, hop->object))
		return LG_SHAPE_GREENLET;
	if (is_type(hop, "traceback"))
		return LG_SHAPE_TRACEBACK;
	if (is_type(hop, "_thread._local"))
		return LG_SHAPE_THREAD_LOCAL;
	if (starts(hop->label, "default ") && held)
		return LG_SHAPE_DEFAULT;
	if (starts(hop->label, "cell ") && held)
		return LG_SHAPE_CLOSURE;
	if (starts(hop->label, "frame ") && held)
		return LG_SHAPE_FRAME;
	if (is_type(hop, "method") && !held)
		return LG_SHAPE_METHOD;
	if (hop->repeat > 2 && !held)
		return LG_SHAPE_CHAIN;
	if (lg_bit_get(analysis->is_class, hop->object))
		return held ? LG_SHAPE_CLASS : hop->count >= MANY_CLASSES ? LG_SHAPE_CLASSES : LG_SHAPE_NONE;
	return LG_SHAPE_NONE;
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

enum lg_shape lg_shape_of(const struct lg_analysis *analysis, const struct lg_holder *holder,
			   size_t *at)
{
	enum lg_shape best = LG_SHAPE_NONE;

	*at = holder->accumulation;
	if (holder->root_kind == LG_ROOT_INTERNED)
		return LG_SHAPE_INTERNED;
	if (strcmp(holder->root, "interpreter gc.garbage") == 0)
		return LG_SHAPE_GC_GARBAGE;
	if (holder->root_kind == LG_ROOT_C_CODE)
		return starts(holder->root, "C code (") ? LG_SHAPE_C_VARIABLE : LG_SHAPE_C_CODE;
	for (size_t i = 0; i < holder->path.count; i++) {
		const struct lg_hop *hop = &holder->path.hop[i];
		enum lg_shape shape = shape_of_hop(analysis, hop, i <= holder->accumulation);

		if (is_base_of_views(&holder->path, i))
			shape = LG_SHAPE_VIEW;
		if (shape == LG_SHAPE_NONE ||
		    (shape == LG_SHAPE_CLASS && i + NEAR_CLASS < holder->accumulation) ||
		    (shape == LG_SHAPE_GENERATOR && is_run_by_frame(&holder->path, i)))
			continue;
		if (shape > best || (shape == best && hop->count > holder->path.hop[*at].count)) {
			best = shape;
			*at = i;
		}
	}
	/* A class itself is no attribute of it. */
	if (best == LG_SHAPE_CLASS && *at == holder->accumulation)
		best = LG_SHAPE_NONE;
	if (best == LG_SHAPE_NONE && holder->shared)
		best = LG_SHAPE_SHARED;
	if (best == LG_SHAPE_NONE && holder->count > 1 && !holder->chain && holder->accumulation > 0 &&
	    holder->holder_type[0] && holder->share >= PILE_SHARE)
		best = LG_SHAPE_PILE;
	return best;
}

/*
 * $n objects at the step, $t their type, $l the step's label without its first word, $w where they
 * wait; $N objects of the holder, $T their type, $H its own type, $R its root without "C code";
 * $a "is" or "are" of the root, with it before, and $o its "its" or "their".
 */
static const char *const sentences[] = {
	[LG_SHAPE_SHARED] = "held from several places at once: cut all of them, or nothing is freed",
	[LG_SHAPE_PILE] = "$N entries in one $H, and nothing else keeps them: does anything take "
			  "them out again?",
	[LG_SHAPE_CLASSES] = "$n classes made while it ran, each with functions and tables of its "
			     "own: make the class once",
	[LG_SHAPE_VIEW] = "views keep the whole arrays that they were cut from: keep a copy of the "
			  "part (.copy())",
	[LG_SHAPE_CLASS] = "a class attribute: one for all instances, it lives as long as the class",
	[LG_SHAPE_CHAIN] = "a chain of $N × $T, one behind the other: letting go of its head frees all",
	[LG_SHAPE_METHOD] = "$n bound methods keep the objects they are bound to: unregister them, or "
			    "hold them by weakref.WeakMethod",
	[LG_SHAPE_FRAME] = "$a still in $l: $o locals live until it returns",
	[LG_SHAPE_CLOSURE] = "$l is a variable that an inner function closes over: it lives as long as "
			     "that function",
	[LG_SHAPE_DEFAULT] = "$l is a default argument: made once, it lives as long as its function",
	[LG_SHAPE_THREAD_LOCAL] = "thread-local data lives as long as its thread: clear it when a "
				  "piece of work is done",
	[LG_SHAPE_GENERATOR] = "$n × $t, suspended and never finished: its locals live as long as it "
			       "does; close it, or drop the reference to it",
	[LG_SHAPE_GREENLET] = "$n × $t, switched away from and never back: the locals of its frames "
			      "live until that; give what it waits for a timeout, or kill it",
	[LG_SHAPE_TASK] = "$n × task, waiting at $w: its locals live until that comes; give it a "
			  "timeout, or cancel it",
	[LG_SHAPE_TRACEBACK] = "a kept exception keeps its traceback, and that all frames with their "
			       "locals: keep its text, or clear __traceback__",
	[LG_SHAPE_LRU_CACHE] = "a functools cache keeps all arguments and results, self of a method "
			       "too: give it a maxsize, or keep results on the instance",
	[LG_SHAPE_INTERNED] = "$N strings interned for ever, by C code or sys.intern: a few are names, "
			      "so many were made of data; don't intern those",
	[LG_SHAPE_GC_GARBAGE] = "gc.garbage keeps what the collector has found: as long as "
				"gc.DEBUG_SAVEALL is set, or where a type has tp_del; switch it off, "
				"and clear the list",
	[LG_SHAPE_C_CODE] = "$N × $T with references that no object explains: C code holds them; look "
			    "for a missing Py_DECREF",
	[LG_SHAPE_C_VARIABLE] = "$N × $T kept by a variable of C code $R: only that file's code can "
				"clear it",
};

static const char *second_word(const char *text)
{
	const char *space = strchr(text, ' ');

	return space ? space + 1 : text;
}

static void add_word(const struct lg_holder *holder, size_t at, char word, struct lg_buffer *text)
{
	const struct lg_hop *hop = &holder->path.hop[at];
	bool many = holder->path.hop[0].counted;
	char number[LG_NUMBER_TEXT_BYTES];

	switch (word) {
	case 'n':
		lg_buffer_add(text, lg_count_text(hop->count, number));
		break;
	case 't':
		lg_buffer_add(text, hop->type);
		break;
	case 'l':
		lg_buffer_add(text, second_word(hop->label));
		break;
	case 'w':
		lg_buffer_add(text, hop->waits);
		break;
	case 'N':
		lg_buffer_add(text, lg_count_text(holder->count, number));
		break;
	case 'T':
		lg_buffer_add(text, holder->type);
		break;
	case 'H':
		lg_buffer_add(text, holder->holder_type);
		break;
	case 'R':
		lg_buffer_add(text, holder->root + strlen("C code "));
		break;
	case 'a':
		lg_buffer_format(text, "%s %s", holder->root, many ? "are" : "is");
		break;
	case 'o':
		lg_buffer_add(text, many ? "their" : "its");
		break;
	}
}

void lg_shape_tell(const struct lg_holder *holder, enum lg_shape shape, size_t at,
		   struct lg_buffer *text)
{
	for (const char *from = sentences[shape]; *from;) {
		int plain = (int)strcspn(from, "$");

		lg_buffer_format(text, "%.*s", plain, from);
		from += plain;
		if (*from) {
			add_word(holder, at, from[1], text);
			from += 2;
		}
	}
	if (shape == LG_SHAPE_C_CODE && strcmp(holder->type, "str") == 0)
		lg_buffer_add(text, ", or strings interned for ever");
}
