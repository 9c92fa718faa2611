/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <string.h>

#include "analysis/evidence.h"
#include "base/bisect.h"

/* The rule, with its reasons, is told in EVIDENCE.md. */

/* So many equal items are no coincidence. */
#define MANY 100
/* One object of this part of a place is the place. */
#define BLOB_SHARE 0.5
/* Below this part of what it may have, a container can become much larger still. */
#define FAR_FROM_FULL 10
#define MOST_PIECES 8

struct finding {
	const struct lg_analysis *analysis;
	const struct lg_place *place;
	const struct lg_holder_steps *steps;
	struct lg_pool *pool;
	struct lg_evidence_list *out;
};

static const struct lg_hop *hop_at(const struct finding *f, size_t i)
{
	return &f->steps->path.hop[i];
}

static void add(struct finding *f, const char *kind, int points, struct lg_buffer *text)
{
	const char *kept = lg_buffer_keep(text, f->pool);

	if (f->out->count == MOST_PIECES)
		return;
	f->out->piece[f->out->count++] = (struct lg_evidence){kind, points, kept};
	f->out->points += points;
}

static void add_text(struct finding *f, const char *kind, int points, const char *text)
{
	struct lg_buffer buffer = {0};

	lg_buffer_add(&buffer, text);
	add(f, kind, points, &buffer);
}

static bool is_one_of(const char *text, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, list[i]) == 0)
			return true;
	return false;
}

#define IS_ONE_OF(text, list) is_one_of(text, list, sizeof(list) / sizeof *(list))

static bool is_chain(const struct finding *f)
{
	return hop_at(f, f->steps->pile)->repeat > 2;
}

/* The first step that is many, from what piles up to what tells most of it; else the pile. */
static size_t crowd_of(const struct finding *f)
{
	for (size_t i = f->steps->pile; i <= f->steps->telling && !is_chain(f); i++)
		if (hop_at(f, i)->count >= MANY)
			return i;
	return f->steps->pile;
}

static uint64_t crowd_count(const struct finding *f)
{
	const struct lg_hop *hop = hop_at(f, crowd_of(f));

	if (!f->steps->piles_up)
		return 1;
	return is_chain(f) ? hop->repeat : hop->count;
}

static void find_many(struct finding *f)
{
	uint64_t count = crowd_count(f);
	char number[LG_NUMBER_TEXT_BYTES];
	struct lg_buffer text = {0};

	if (count < MANY)
		return;
	lg_count_text(count, number);
	if (is_chain(f))
		lg_buffer_format(&text, "a chain of %s", number);
	else
		lg_buffer_format(&text, "%s equal items", number);
	add(f, "many", 1, &text);
}

static bool is_container_label(const char *label)
{
	return label[0] == '[' || label[0] == '<';
}

/* What comes behind the last dot: "app.Session" → "Session". */
static const char *short_name(const char *type)
{
	const char *dot = strrchr(type, '.');

	return dot && dot[1] ? dot + 1 : type;
}

/* Items that the objects of a step may have together; 0 where no bound is known. O(log bounds). */
static uint64_t most_items(const struct finding *f, const struct lg_hop *hop)
{
	const struct lg_snapshot *s = f->analysis->snapshot;
	uint32_t i = lg_bisect(at, s->bound_count, s->bounds[at].object < hop->object);

	if (i == s->bound_count || s->bounds[i].object != hop->object)
		return 0;
	return s->bounds[i].most * (hop->count > 1 ? hop->count : 1);
}

/*
 * A bound of what they lie in, or of what that belongs to: a queue has a deque, a cache a
 * dict. One that is far away bounds nothing yet. False where there is none.
 */
static bool find_most(struct finding *f)
{
	static const char cache[] = "functools._lru_cache_wrapper";
	size_t crowd = crowd_of(f);

	for (size_t i = crowd; i > 0 && i + 2 > crowd && !is_chain(f); i--) {
		const struct lg_hop *holder = hop_at(f, i - 1);
		uint64_t most = most_items(f, holder);
		bool near = hop_at(f, crowd)->count >= most / FAR_FROM_FULL;
		char number[LG_NUMBER_TEXT_BYTES];
		struct lg_buffer text = {0};

		if (!most)
			continue;
		lg_buffer_format(&text, "%s: at most %s%s",
				 strcmp(holder->type, cache) ? short_name(holder->type) :
							       "functools cache",
				 lg_count_text(most, number), near ? "" : ", far from full");
		add(f, "bounded", near ? -4 : 0, &text);
		return true;
	}
	return false;
}

/* Can what they lie in become larger and larger? */
static void find_bound(struct finding *f)
{
	static const char *const fixed[] = {"tuple", "frozenset", "mappingproxy"};
	size_t crowd = crowd_of(f);
	const struct lg_hop *holder;
	struct lg_buffer text = {0};

	if (find_most(f))
		return;
	if (f->place->shared || crowd <= f->steps->accumulation || is_chain(f) ||
	    !is_container_label(hop_at(f, crowd)->label))
		return;
	holder = hop_at(f, crowd - 1);
	if (crowd - 1 == f->steps->accumulation && IS_ONE_OF(holder->type, fixed)) {
		lg_buffer_format(&text, "a %s can't grow", holder->type);
		add(f, "fixed", -4, &text);
	} else if (crowd_count(f) >= MANY) {
		add_text(f, "unbounded", 1, "no bound");
	}
}

/* The last word of a class's name, in lower case: "app.HTTPRequest" → "request". */
static void last_word(const char *type, char *out, size_t capacity)
{
	size_t end = strlen(type), begin, used = 0;

	while (end && !isalpha((unsigned char)type[end - 1]))
		end--;
	begin = end;
	if (end && isupper((unsigned char)type[end - 1])) { /* JOB */
		while (begin && isupper((unsigned char)type[begin - 1]))
			begin--;
	} else {
		while (begin && islower((unsigned char)type[begin - 1]))
			begin--;
		if (begin && isupper((unsigned char)type[begin - 1]))
			begin--;
	}
	for (; begin < end && used + 1 < capacity; begin++)
		out[used++] = (char)tolower((unsigned char)type[begin]);
	out[used] = 0;
}

/* Names of what comes with a piece of work and should go with it. */
static bool is_short_lived_name(const char *type)
{
	static const char *const word[] = {
		"session",  "request",  "response",  "reply",   "job",         "task",
		"message",  "event",    "connection", "conn",   "socket",      "transaction",
		"cursor",   "future",   "packet",    "exception", "error",     "upload",
		"download", "transport", "command",  "chunk",   "visitor",     "subscription",
	};
	char name[64];

	last_word(type, name, sizeof name);
	return IS_ONE_OF(name, word);
}

/* What a step says of how long it should live; "" where it says nothing. */
static const char *short_lived_kind(const struct finding *f, const struct lg_hop *hop)
{
	if (hop->task)
		return "tasks should end";
	if (strcmp(hop->type, "traceback") == 0 || strcmp(hop->label, ".__traceback__") == 0)
		return "a handled exception should go with its traceback";
	if (lg_analysis_suspended(f->analysis, hop->object) && hop->count > 1)
		return "what is suspended should be finished or closed";
	return "";
}

static void find_short_lived(struct finding *f)
{
	for (size_t i = f->steps->accumulation + 1; i < f->steps->path.count; i++) {
		const char *kind = short_lived_kind(f, hop_at(f, i));

		if (kind[0]) {
			add_text(f, "short-lived", 2, kind);
			return;
		}
	}
	for (size_t i = f->steps->pile; i <= f->steps->telling; i++) {
		const struct lg_hop *hop = hop_at(f, i);
		struct lg_buffer text = {0};

		if (hop->count < crowd_count(f) / 2 || !hop->named_type ||
		    !is_short_lived_name(hop->type))
			continue;
		lg_buffer_format(&text, "%s: short-lived by its name", short_name(hop->type));
		add(f, "short-lived", 2, &text);
		return;
	}
}

static bool is_of_c_code(const struct finding *f)
{
	const struct lg_label *label = &f->place->trail.step[0].key.label;
	const struct lg_root *root;

	if (label->kind != LG_STEP_ROOT)
		return false;
	root = &f->analysis->snapshot->roots[label->name];
	return root->kind == LG_ROOT_C_CODE && !root->name;
}

/* Caches and tables that every program has, and that are as large as the program is. */
static bool is_known_table(const struct finding *f)
{
	static const struct {
		const char *root, *label;
	} known[] = {
		{"module sys", ".modules"},        {"module sys", ".path_importer_cache"},
		{"module linecache", ".cache"},    {"module re", "._cache"},
		{"module re", "._cache2"},         {"module encodings", "._cache"},
		{"module os", ".environ"},         {"module html.entities", ""},
		{"module mimetypes", ""},          {"module errno", ""},
	};
	const struct lg_path *path = &f->steps->path;

	for (size_t i = 1; i <= f->steps->accumulation; i++)
		if (strcmp(path->hop[i].label, "->__subclasses__") == 0)
			return true;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (strcmp(path->hop[0].label, known[i].root) != 0)
			continue;
		if (!known[i].label[0] ||
		    (path->count > 1 && strcmp(path->hop[1].label, known[i].label) == 0))
			return true;
	}
	return false;
}

/* Code, classes and what belongs to them: as large as what was imported. */
static bool is_code(const struct finding *f)
{
	static const char *const code[] = {
		"module", "type", "function", "code", "builtin_function_or_method",
		"wrapper_descriptor", "method_descriptor", "member_descriptor",
		"getset_descriptor", "classmethod_descriptor", "property", "staticmethod",
		"classmethod",
	};
	const struct lg_hop *hop = hop_at(f, f->steps->cut);

	/* Classes and functions that are made at run time pile up in containers, not at a root. */
	return (!f->steps->piles_up || f->steps->pile == 0) &&
	       (IS_ONE_OF(hop->type, code) || lg_bit_get(f->analysis->is_class, hop->object));
}

static bool find_known(struct finding *f)
{
	if (is_known_table(f))
		add_text(f, "known", -4, "a table that every program has");
	else if (is_code(f))
		add_text(f, "known", -4, "code and classes of what was imported");
	else
		return false;
	return true;
}

/* One object that is most of it: a model, a table of numbers, a file that was read. */
static bool find_blob(struct finding *f)
{
	static const char *const container[] = {"dict", "list", "set", "tuple", "frozenset"};
	const uint64_t *shallow = f->analysis->snapshot->shallow_bytes;

	if (f->place->shared)
		return false;
	for (size_t i = f->steps->accumulation; i < f->steps->path.count; i++) {
		const struct lg_hop *hop = hop_at(f, i);
		struct lg_buffer text = {0};
		char bytes[LG_NUMBER_TEXT_BYTES];

		if (hop->count > 1 || hop->repeat > 2)
			return false;
		if ((double)shallow[hop->object] < BLOB_SHARE * (double)f->place->bytes ||
		    IS_ONE_OF(hop->type, container))
			continue;
		lg_buffer_format(&text, "one %s of %s, no pile", hop->type,
				 lg_bytes_text(shallow[hop->object], bytes));
		add(f, "blob", -4, &text);
		return true;
	}
	return false;
}

/* Strings, numbers and containers of them, as of a configuration or a file that was parsed. */
static void find_plain(struct finding *f)
{
	size_t below = f->steps->accumulation + 1;

	if (f->place->rest) /* of which the path tells little */
		return;

	for (size_t i = f->steps->pile < below ? f->steps->pile : below; i < f->steps->path.count; i++)
		if (hop_at(f, i)->named_type || !hop_at(f, i)->type[0] ||
		    strcmp(hop_at(f, i)->type, "method") == 0 ||
		    strcmp(hop_at(f, i)->type, "function") == 0)
			return;
	add_text(f, "plain", -1, "plain data only");
}

/* What was once much larger and did not give its memory back: no leak, but the answer. */
static void find_oversized(struct finding *f)
{
	const struct lg_snapshot *s = f->analysis->snapshot;
	uint32_t object = hop_at(f, f->steps->accumulation)->object;
	uint32_t i = lg_bisect(at, s->container_count, s->containers[at].object < object);
	const struct lg_container *c = &s->containers[i];
	char room[LG_NUMBER_TEXT_BYTES], used[LG_NUMBER_TEXT_BYTES];
	struct lg_buffer text = {0};

	if (i == s->container_count || c->object != object ||
	    (double)(c->apart_bytes - c->needed_bytes) < BLOB_SHARE * (double)f->place->bytes)
		return;
	lg_buffer_format(&text, "room for %s entries and %s in it: make it anew",
			 lg_count_text(c->room, room), lg_count_text(c->used, used));
	add(f, "oversized", 0, &text);
}

static void find_c_code(struct finding *f)
{
	if (is_of_c_code(f) && f->place->accumulation == 0)
		add_text(f, "C code", 2, "a reference count that no object explains");
}

/* What speaks against a leak goes before what speaks for it, where it decides. */
static void put_against_first(struct lg_evidence_list *list)
{
	for (size_t i = 1; i < list->count; i++)
		for (size_t k = i; k > 0 && list->piece[k].points < 0 && list->piece[k - 1].points > 0;
		     k--) {
			struct lg_evidence piece = list->piece[k];

			list->piece[k] = list->piece[k - 1];
			list->piece[k - 1] = piece;
		}
}

void lg_evidence_find(const struct lg_analysis *analysis, const struct lg_place *place,
		      const struct lg_holder_steps *steps, struct lg_pool *pool,
		      struct lg_evidence_list *out)
{
	struct finding f = {analysis, place, steps, pool, out};

	*out = (struct lg_evidence_list){0};
	out->piece = lg_pool_array(pool, MOST_PIECES, sizeof *out->piece);
	if (!out->piece || steps->path.count == 0)
		return;
	find_many(&f);
	find_bound(&f);
	find_short_lived(&f);
	find_c_code(&f);
	find_oversized(&f);
	if (!find_known(&f) && !find_blob(&f))
		find_plain(&f);
	if (out->points < 0)
		put_against_first(out);
}
