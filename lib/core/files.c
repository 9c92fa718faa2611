/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/bisect.h"
#include "base/cleanup.h"
#include "core/build_id.h"
#include "core/files.h"
#include "target/regular.h"

/* More images than any process has, and more than descriptors are left for. */
#define MAX_FILES 4096
/* So many are named, the rest is a number. */
#define MAX_SENTENCES 8

struct search {
	const struct lg_core *core;
	const struct lg_core_sources *sources;
	struct lg_memory memory;
	int root;
	struct lg_image *image;
	struct lg_core_losses *losses;
};

/* The mappings of one path: order[first] .. order[end - 1]. */
struct group {
	const size_t *order;
	size_t count;
	const struct lg_core_mapping *head; /* that with the file's first page in the core, or NULL */
	struct lg_build_id id;
};

static const struct lg_core_mapping *of_group(const struct search *s, const struct group *g, size_t i)
{
	return &s->core->mapping[g->order[i]];
}

static void tell(struct search *s, const struct group *g, const char *why)
{
	char text[PATH_MAX + 256];

	s->losses->files++;
	if (!s->sources->tell || s->losses->files > MAX_SENTENCES)
		return;
	if (s->losses->files == MAX_SENTENCES)
		snprintf(text, sizeof text, "there are more files that are missing");
	else
		snprintf(text, sizeof text, "%.4000s: %s", of_group(s, g, 0)->path, why);
	s->sources->tell(s->sources->context, text);
}

/* Are the first pages equal? For files that were linked without a build id. */
static bool begins_alike(const struct search *s, const struct group *g, int fd)
{
	unsigned char in_core[LG_PAGE_BYTES], in_file[LG_PAGE_BYTES];
	struct lg_memory file = lg_file_memory(fd);

	return lg_memory_read(&s->memory, g->head->start, in_core, sizeof in_core, NULL) == LG_OK &&
	       lg_memory_read(&file, 0, in_file, sizeof in_file, NULL) == LG_OK &&
	       memcmp(in_core, in_file, sizeof in_core) == 0;
}

static bool is_same(const struct search *s, const struct group *g, int fd, char *why, size_t room)
{
	struct lg_memory file = lg_file_memory(fd);
	char theirs[LG_BUILD_ID_TEXT_BYTES], ours[LG_BUILD_ID_TEXT_BYTES];
	struct lg_build_id id;

	if (!lg_build_id_read(&file, 0, &id)) {
		snprintf(why, room, "the file there is no 64-bit ELF file");
		return false;
	}
	if (lg_build_id_equal(&id, &g->id) && (id.length || begins_alike(s, g, fd)))
		return true;
	if (!id.length && !g->id.length)
		snprintf(why, room, "has no build id, and begins otherwise than in the core");
	else
		snprintf(why, room, "is another build: its build id is %s, expected %s",
			 lg_build_id_text(&id, theirs), lg_build_id_text(&g->id, ours));
	return false;
}

/* By path, then by the links that some distributions have for each build id. */
static int find_file(const struct search *s, const struct group *g, char *why, size_t room)
{
	static const char *const trees[] = {"usr/lib/.build-id", "usr/lib/debug/.build-id"};
	char text[LG_BUILD_ID_TEXT_BYTES];
	int fd = lg_open_regular(s->root, of_group(s, g, 0)->path);

	if (fd < 0)
		snprintf(why, room, "%s%s; expected build id %s",
			 errno == ENOENT ? "not found" : strerror(errno),
			 s->sources->sysroot ? " under the sysroot" : "",
			 lg_build_id_text(&g->id, text));
	else if (is_same(s, g, fd, why, room))
		return fd;
	else
		close(fd);
	for (size_t i = 0; g->id.length > 1 && i < sizeof trees / sizeof *trees; i++) {
		char path[PATH_MAX], ignored[256];

		lg_build_id_text(&g->id, text);
		snprintf(path, sizeof path, "%s/%.2s/%s", trees[i], text, text + 2);
		fd = lg_open_regular(s->root, path);
		if (fd >= 0 && is_same(s, g, fd, ignored, sizeof ignored))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

/* How much of the mapping the core does not have; *code: is any of that executable? */
static uint64_t lacking(const struct lg_core *core, const struct lg_core_mapping *m, bool *code)
{
	uint64_t missing = m->end - m->start;
	size_t low = lg_bisect(at, core->segment_count, m->start >= core->segment[at].end);

	for (; low < core->segment_count && core->segment[low].start < m->end; low++) {
		const struct lg_core_segment *s = &core->segment[low];
		uint64_t from = s->start > m->start ? s->start : m->start;
		uint64_t to = s->start + s->stored_bytes < m->end ? s->start + s->stored_bytes : m->end;

		if (to > from)
			missing -= to - from;
		if (s->executable && to < m->end && to < s->end)
			*code = true;
	}
	return missing;
}

static void look_at(struct search *s, struct group *g, uint64_t *missing, bool *code)
{
	*missing = 0;
	*code = false;
	for (size_t i = 0; i < g->count; i++) {
		const struct lg_core_mapping *m = of_group(s, g, i);

		*missing += lacking(s->core, m, code);
		if (!g->head && m->offset == 0 && lg_build_id_read(&s->memory, m->start, &g->id))
			g->head = m;
	}
}

/* What is wholly in the core needs no file; what is no program (a font, a database) is data. */
static enum lg_status resolve(struct search *s, struct group *g, int *index, struct lg_error *err)
{
	char why[512];
	uint64_t missing;
	bool code;
	int fd;

	*index = -1;
	look_at(s, g, &missing, &code);
	if (missing == 0 || (!g->head && !code))
		return LG_OK;
	if (!g->head) {
		s->losses->file_bytes += missing;
		tell(s, g, "the core lacks its first page (bit 4 of coredump_filter), so that nothing "
			   "tells which build it was");
		return LG_OK;
	}
	if (s->image->file_count >= MAX_FILES) {
		fd = -1;
		snprintf(why, sizeof why, "more than %d files", MAX_FILES);
	} else {
		fd = find_file(s, g, why, sizeof why);
	}
	if (fd >= 0)
		return lg_image_add_file(s->image, &fd, index, err);
	s->losses->file_bytes += missing;
	tell(s, g, why);
	return LG_OK;
}

static int by_path(const void *left, const void *right, void *context)
{
	const struct lg_core_mapping *mapping = context;
	const size_t *a = left, *b = right;
	int order = strcmp(mapping[*a].path, mapping[*b].path);

	return order ? order : (*a > *b) - (*a < *b);
}

static enum lg_status resolve_all(struct search *s, const size_t *order, int *out_file,
				  struct lg_error *err)
{
	const struct lg_core_mapping *mapping = s->core->mapping;
	size_t count = s->core->mapping_count, end;

	for (size_t first = 0; first < count; first = end) {
		struct group g = {.order = order + first};
		enum lg_status status;
		int index;

		for (end = first + 1; end < count; end++)
			if (strcmp(mapping[order[end]].path, mapping[order[first]].path) != 0)
				break;
		g.count = end - first;
		status = resolve(s, &g, &index, err);
		if (status != LG_OK)
			return status;
		for (size_t i = 0; i < g.count; i++)
			out_file[order[first + i]] = index;
	}
	return LG_OK;
}

enum lg_status lg_core_find_files(const struct lg_core *core, const struct lg_core_sources *sources,
				  struct lg_image *image, int *out_file, struct lg_core_losses *losses,
				  struct lg_error *err)
{
	const char *root = sources->sysroot ? sources->sysroot : "/";
	lg_cleanup(lg_close) int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	lg_cleanup(lg_free) size_t *order = lg_alloc(core->mapping_count, sizeof *order);
	struct search search = {
		.core = core,
		.sources = sources,
		.memory = lg_core_memory(core),
		.root = fd,
		.image = image,
		.losses = losses,
	};

	if (fd < 0)
		return lg_fail(err, LG_E_USAGE, "--sysroot %s: %s", root, strerror(errno));
	if (!order)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu mappings", core->mapping_count);
	for (size_t i = 0; i < core->mapping_count; i++)
		order[i] = i;
	if (core->mapping_count)
		qsort_r(order, core->mapping_count, sizeof *order, by_path, core->mapping);
	return resolve_all(&search, order, out_file, err);
}
