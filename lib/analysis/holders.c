/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/cut_lines.h"
#include "analysis/evidence.h"
#include "analysis/holders.h"
#include "analysis/signature.h"
#include "analysis/sites.h"
#include "base/array.h"
#include "base/cleanup.h"

const char *lg_path_keep(const struct lg_path *path, struct lg_pool *pool)
{
	size_t capacity = 64;
	lg_cleanup(lg_free) char *text = NULL;

	for (size_t i = 0; i < path->count; i++)
		capacity += strlen(path->hop[i].label) + strlen(path->hop[i].type) +
			    4 * LG_NUMBER_TEXT_BYTES;
	text = lg_alloc(capacity, 1);
	if (!text) {
		lg_pool_fail(pool);
		return "";
	}
	lg_path_text(path, 0, NULL, text, capacity);
	return lg_pool_text(pool, text, strlen(text));
}

/* The root of a trail: its entry, NULL for a class or what several roots hold. */
static const struct lg_root *root_of(const struct lg_analysis *analysis,
				     const struct lg_trail *trail)
{
	const struct lg_label *label = &trail->step[0].key.label;

	return label->kind == LG_STEP_ROOT ? &analysis->snapshot->roots[label->name] : NULL;
}

enum lg_root_kind lg_trail_root_kind(const struct lg_analysis *analysis,
				     const struct lg_trail *trail)
{
	const struct lg_root *root = root_of(analysis, trail);

	if (root)
		return (enum lg_root_kind)root->kind;
	return trail->step[0].key.label.kind == LG_STEP_CLASS ? LG_ROOT_CLASS : LG_ROOT_OTHER;
}

/* ".x", "['x']", "[str]", "[]" read as code; "local x", "<key>", "->" do not. */
static bool reads_as_code(const struct lg_hop *hop)
{
	return hop->label[0] == '.' || hop->label[0] == '[';
}

static const char *name_as_code(const char *label)
{
	const char *space = strchr(label, ' ');

	return space ? space + 1 : label;
}

/* How many steps from the root on read as code. */
static size_t coded_steps(const struct lg_path *path, enum lg_root_kind root_kind,
			  const char *root_name, size_t cut)
{
	size_t coded = 0;

	/* Of a sub-interpreter's module the name alone would be another one's. */
	if ((root_kind != LG_ROOT_MODULE && root_kind != LG_ROOT_CLASS) ||
	    strncmp(root_name, "interpreter ", 12) == 0)
		return 0;
	while (coded < cut && reads_as_code(&path->hop[coded + 1]))
		coded++;
	return coded;
}

const char *lg_cut_text(const struct lg_path *path, enum lg_root_kind root_kind,
			const char *root_name, size_t cut, struct lg_pool *pool)
{
	size_t coded = coded_steps(path, root_kind, root_name, cut);
	struct lg_buffer buffer = {0};

	lg_buffer_add(&buffer, coded ? name_as_code(root_name) : root_name);
	for (size_t i = 1; i <= cut && i < path->count; i++)
		if (i == cut || !lg_hop_is_silent(path, i))
			lg_buffer_format(&buffer, "%s%s", i <= coded ? "" : " → ",
					 path->hop[i].label);
	return lg_buffer_keep(&buffer, pool);
}

/* Is it more than one of each thread that was merged? */
static bool is_many(const struct lg_path *path, const struct lg_hop *hop)
{
	return hop->count > (path->hop[0].counted ? path->hop[0].count : 1);
}

/* What piles up: the first step from the accumulation on that is many, else the last one. */
static size_t pile_of(const struct lg_path *path, size_t accumulation)
{
	for (size_t i = accumulation; i < path->count; i++)
		if (is_many(path, &path->hop[i]) || path->hop[i].repeat > 2)
			return i;
	return path->count - 1;
}

static bool is_internal(const char *type)
{
	return type[0] == '_' && strncmp(type, "__main__.", 9) != 0;
}

/*
 * The type that tells most of what piles up: bound methods, tuples, tasks and
 * generators stand before the objects that the program's author knows.
 */
static size_t telling_of(const struct lg_analysis *analysis, const struct lg_path *path,
			 size_t pile)
{
	size_t best = pile;

	for (size_t i = path->count; i-- > pile;) {
		const struct lg_hop *hop = &path->hop[i];

		if (hop->task && hop->count >= path->hop[pile].count / 2)
			return i;
		if (!hop->named_type || is_internal(hop->type) ||
		    lg_analysis_suspended(analysis, hop->object))
			continue;
		if (hop->count >= path->hop[pile].count / 2)
			best = i;
	}
	return best;
}

/*
 * What the loop keeps for a task that waits is as it should be: to be cut is
 * what the task's own frames hold. Their last variable on the path; `cut` where
 * there is none.
 */
static size_t cut_below_task(const struct lg_path *path, enum lg_root_kind root_kind, size_t task,
			     size_t cut)
{
	if (root_kind != LG_ROOT_THREAD)
		return cut;
	for (size_t i = path->count; i-- > task;)
		if (strncmp(path->hop[i].label, "local ", 6) == 0 ||
		    strncmp(path->hop[i].label, "cell ", 5) == 0)
			return i;
	return cut;
}

static void mark_suspects(const struct lg_analysis *analysis, struct lg_path *path, size_t cut)
{
	size_t expected = 0;

	for (size_t i = 0; i <= cut && i < path->count; i++)
		if (lg_is_expected(analysis, path->hop[i].object))
			expected = i;
	for (size_t i = expected + 1; i <= cut && i < path->count; i++)
		path->hop[i].suspect = true;
}

/* What a line has room for where the path stands above it: only the steps under suspicion. */
static const char *short_cut(const struct lg_path *path, const char *whole, size_t cut,
			     struct lg_pool *pool)
{
	struct lg_buffer text = {0};

	/* As code it is short. */
	if (strncmp(whole, path->hop[0].label, strlen(path->hop[0].label)) != 0)
		return whole;
	for (size_t i = 1; i <= cut; i++)
		if (path->hop[i].suspect && (i == cut || !lg_hop_is_silent(path, i)))
			lg_buffer_format(&text, "%s%s", text.used ? " → " : "", path->hop[i].label);
	if (!text.used)
		return whole;
	return lg_buffer_keep(&text, pool);
}

/* The path to a holder of a shared object, and its reference to it. */
static enum lg_status also_text(struct lg_analysis *analysis, uint32_t referrer, uint32_t node,
				bool many, struct lg_pool *pool, const char **out,
				struct lg_error *err)
{
	lg_cleanup(lg_trail_free) struct lg_trail trail = {0};
	struct lg_path path;
	enum lg_status status = lg_trail_to_reference(analysis, referrer, node, &trail, err);

	if (status != LG_OK)
		return status;
	if (many && trail.count)
		trail.step[trail.count - 1].count = 2; /* only so that a key is told as [str] */
	lg_trail_show(analysis, &trail, false, pool, &path, NULL, 0);
	if (path.count)
		path.hop[path.count - 1].count = 1;
	for (size_t i = 0; i < path.count; i++)
		path.hop[i].named_type = false;
	*out = lg_path_keep(&path, pool);
	return LG_OK;
}

/*
 * The holders besides the one whose path is told. Of a shared place the path
 * goes through one of those found; of another place it is that of the
 * dominator, which is none of them.
 */
static enum lg_status describe_also(struct lg_analysis *analysis, const struct lg_place *place,
				    uint32_t parent, uint32_t node, struct lg_pool *pool,
				    struct lg_holder *out, struct lg_error *err)
{
	struct lg_also also;
	enum lg_status status = lg_find_also(analysis, parent, node, &also, err);
	uint32_t own = parent, copy;

	if (status == LG_OK && place->shared)
		status = lg_analysis_need_shortest(analysis, node, err);
	if (status != LG_OK)
		return status;
	out->also = lg_pool_array(pool, LG_MAX_ALSO, sizeof *out->also);
	out->also_more = also.more;
	if (!out->also)
		return LG_OK; /* the pool knows */
	if (place->shared)
		own = analysis->shortest->parent[node];
	/* A module's copy of its dict is that module, and told with it. */
	copy = lg_analysis_module_copy(analysis, own);
	for (uint32_t i = 0; i < also.count; i++) {
		if (also.referrer[i] == own || also.referrer[i] == copy ||
		    (place->shared && lg_dominates(analysis->dominators, also.child[i], own)))
			continue;
		status = also_text(analysis, also.referrer[i], node,
				   place->trail.step[place->accumulation].count > 1, pool,
				   &out->also[out->also_count++], err);
		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}

static enum lg_status find_also(struct lg_analysis *analysis, const struct lg_place *place,
				struct lg_pool *pool, struct lg_holder *out, struct lg_error *err)
{
	uint32_t node = place->node;

	if (place->shared)
		return describe_also(analysis, place, place->parent, place->sample, pool, out, err);
	if (!out->cut[0] || !lg_bit_get(analysis->also_held, node))
		return LG_OK;
	return describe_also(analysis, place, analysis->dominators->immediate[node], node, pool,
			     out, err);
}

void lg_holder_steps_of(const struct lg_analysis *analysis, const struct lg_place *place, bool merged,
			struct lg_pool *pool, struct lg_holder_steps *out)
{
	const struct lg_hop *pile, *telling;

	*out = (struct lg_holder_steps){.accumulation = place->accumulation};
	lg_trail_show(analysis, &place->trail, merged, pool, &out->path, &out->accumulation, 1);
	if (out->path.count == 0)
		return;
	out->pile = pile_of(&out->path, out->accumulation);
	pile = &out->path.hop[out->pile];
	out->piles_up = is_many(&out->path, pile) || pile->repeat > 2;
	out->telling = telling_of(analysis, &out->path, out->pile);
	telling = &out->path.hop[out->telling];
	/* One reference lets go of all: that to what holds it, or those to shared items. */
	out->cut = out->accumulation;
	if (telling->task)
		out->cut = cut_below_task(&out->path, lg_trail_root_kind(analysis, &place->trail),
					  out->telling, out->cut);
}

static enum lg_status sign(struct lg_analysis *analysis, const struct lg_place *place,
			   struct lg_pool *pool, struct lg_holder *out, struct lg_error *err)
{
	struct lg_signature words = {.pool = pool};
	enum lg_status status = lg_signature_of_place(analysis, place, &words, err);

	if (status != LG_OK)
		return status;
	out->signature = lg_signature_text(lg_signature_hash(&words), pool);
	out->signature_word = lg_pool_array(pool, words.count, sizeof *out->signature_word);
	if (!out->signature_word)
		return LG_OK; /* the pool knows */
	memcpy(out->signature_word, words.word, words.count * sizeof *words.word);
	out->signature_words = words.count;
	return LG_OK;
}

static void weigh(const struct lg_analysis *analysis, const struct lg_place *place,
		  const struct lg_holder_steps *steps, struct lg_pool *pool, struct lg_holder *out)
{
	struct lg_evidence_list list;

	lg_evidence_find(analysis, place, steps, pool, &list);
	out->evidence = list.piece;
	out->evidence_count = list.count;
	out->points = list.points;
	out->score = lg_evidence_score(place->bytes, list.points);
}

#define MOST_CUT_ALL 6
/* One place that frees more than this, in what they retain, is far above them. */
#define MOST_ELSE 2

/*
 * The smallest cut of what several hold. Where it is one place far above them,
 * or there are more kinds of holders than can be compared, the holders
 * themselves say more.
 */
static enum lg_status cut_all(struct lg_analysis *analysis, const struct lg_place *place,
			      struct lg_pool *pool, struct lg_holder *out, struct lg_error *err)
{
	lg_cleanup(lg_cut_told_release) struct lg_cut_told told = {0};
	bool many = place->trail.step[place->accumulation].count > 1;
	enum lg_status status;

	if (!place->shared || (many && place->pile_count == 0))
		return LG_OK;
	status = lg_cut_tell(analysis, many ? place->pile : &place->node,
			     many ? place->pile_count : 1, MOST_CUT_ALL, pool, &told, err);
	if (status == LG_E_LIMIT)
		return LG_OK;
	if (status != LG_OK ||
	    (told.cut->place_count == 1 && told.together.bytes > MOST_ELSE * place->bytes))
		return status;
	out->cut_all = lg_pool_array(pool, told.count, sizeof *out->cut_all);
	for (size_t i = 0; out->cut_all && i < told.count; i++)
		out->cut_all[out->cut_all_count++] = told.line[i].cut;
	out->cut_all_total = told.cut->place_count;
	out->cut_all_bytes = told.together.bytes;
	return LG_OK;
}

enum lg_status lg_holder_describe(struct lg_analysis *analysis, const struct lg_place *place,
				  struct lg_pool *pool, struct lg_holder *out, struct lg_error *err)
{
	struct lg_buffer tasks = {0};
	struct lg_holder_steps steps;
	const struct lg_hop *hop, *pile;
	size_t mark, cut;
	enum lg_status status;

	*out = (struct lg_holder){
		.root_kind = lg_trail_root_kind(analysis, &place->trail),
		.retained_bytes = place->bytes,
		.share = analysis->object_bytes
				 ? (double)place->bytes / (double)analysis->object_bytes
				 : 0,
		.shared = place->shared,
		.rest = place->rest,
	};
	lg_holder_steps_of(analysis, place, false, pool, &steps);
	out->path = steps.path;
	if (out->path.count == 0)
		return lg_pool_check(pool, err);
	mark = steps.accumulation;
	cut = steps.cut;
	hop = &out->path.hop[steps.telling];
	pile = &out->path.hop[steps.pile];
	mark_suspects(analysis, &out->path, cut);
	out->accumulation = mark;
	out->root = out->path.hop[0].label;
	out->path_text = lg_path_keep(&out->path, pool);
	out->type = hop->type;
	out->count = hop->count;
	if (hop->task && hop->count > 1) {
		lg_tasks_text(analysis, hop->object, hop->count, &tasks);
		out->type = lg_buffer_keep(&tasks, pool);
	}
	if (!is_many(&out->path, hop) && pile->repeat > 2)
		out->count = pile->repeat;
	/* "in a dict" is only said of what lies in that dict itself. */
	out->holder_type = hop->task || out->path.hop[mark].count > 1 || steps.pile > mark + 1 ||
					   hop->count != pile->count
				   ? ""
				   : out->path.hop[mark].type;
	out->cut = cut > 0 ? lg_cut_text(&out->path, out->root_kind, out->root, cut, pool) : "";
	out->cut_short = cut > 0 ? short_cut(&out->path, out->cut, cut, pool) : "";
	out->chain = pile->repeat > 2;
	weigh(analysis, place, &steps, pool, out);
	status = find_also(analysis, place, pool, out, err);
	if (status == LG_OK)
		status = cut_all(analysis, place, pool, out, err);
	if (status == LG_OK)
		status = sign(analysis, place, pool, out, err);
	if (status == LG_OK && !place->shared)
		status = lg_sites_below(analysis, place->node, pool, &out->allocated,
					&out->allocated_count, err);
	return status;
}
