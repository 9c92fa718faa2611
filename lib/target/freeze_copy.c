/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/room.h"
#include "leakgraph/take.h"
#include "target/attempts.h"
#include "target/copy.h"
#include "target/guard.h"
#include "target/plan.h"
#include "target/revive.h"
#include "target/threads.h"
#include "target/trace.h"

#define WORKERS 2

/* What it may grow by while we get ready. */
#define SPARE_BYTES(bytes) ((bytes) / 8 + ((uint64_t)64 << 20))
/* How much is made ready between looks at whether the user asked to stop. */
#define STEP_BYTES ((uint64_t)64 << 20)

/* Memory for the copy, made before the target is stopped: what costs most is to get it. */
struct room {
	int file;
	unsigned char *at;
	uint64_t bytes;
};

static void release(struct room *room)
{
	if (room->at)
		munmap(room->at, room->bytes);
	lg_close(&room->file);
}

/* Workers take runs from one list; what can't be read stays zero. */
struct copying {
	pid_t pid;
	const struct lg_plan *plan;
	unsigned char *to;
	atomic_size_t next;
};

static void *work(void *context)
{
	struct copying *copying = context;
	const struct lg_plan *plan = copying->plan;

	for (;;) {
		size_t i = atomic_fetch_add(&copying->next, 1);
		struct iovec local, remote;

		if (i >= plan->run_count)
			return NULL;
		local = (struct iovec){copying->to + plan->run[i].offset, plan->run[i].bytes};
		remote = (struct iovec){(void *)(uintptr_t)plan->run[i].start, plan->run[i].bytes};
		while (local.iov_len) {
			ssize_t got = process_vm_readv(copying->pid, &local, 1, &remote, 1, 0);
			/* A page that can't be read (poisoned, guarded): past it. */
			size_t step = got > 0 ? (size_t)got : LG_PAGE_BYTES;

			step = step < local.iov_len ? step : local.iov_len;
			local.iov_base = (char *)local.iov_base + step;
			remote.iov_base = (char *)remote.iov_base + step;
			local.iov_len -= step;
			remote.iov_len -= step;
		}
	}
}

/* Where no further thread can be had, this one does it all. */
static void copy_all(pid_t pid, const struct lg_plan *plan, const struct room *room)
{
	struct copying copying = {.pid = pid, .plan = plan, .to = room->at};
	pthread_t worker[WORKERS - 1];
	int started = 0;

	while (started < WORKERS - 1 &&
	       pthread_create(&worker[started], NULL, work, &copying) == 0)
		started++;
	work(&copying);
	while (started)
		pthread_join(worker[--started], NULL);
}

static enum lg_status populate(const struct room *room, uint64_t bytes, struct lg_error *err)
{
	for (uint64_t at = 0; at < bytes; at += STEP_BYTES) {
		uint64_t step = bytes - at < STEP_BYTES ? bytes - at : STEP_BYTES;

		if (lg_guard_stopped())
			return lg_fail(err, LG_E_INTERRUPTED, "stopped by the user");
		/* Linux before 5.14 knows no such advice: then it is had while the target waits. */
		if (madvise(room->at + at, step, MADV_POPULATE_WRITE) != 0 && errno != EINVAL)
			return lg_fail(err, LG_E_MEMORY, "no memory for the copy of %llu bytes: %s",
				       (unsigned long long)bytes, strerror(errno));
	}
	return LG_OK;
}

static enum lg_status make_room(pid_t pid, struct room *room, struct lg_error *err)
{
	lg_cleanup(lg_plan_free) struct lg_plan now = {0};
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	enum lg_status status = lg_plan_make(pid, &nothing, &now, err);

	if (status != LG_OK)
		return status;
	room->bytes = now.bytes + SPARE_BYTES(now.bytes);
	status = lg_room_check("the copy of the process's memory", room->bytes, err);
	if (status != LG_OK)
		return status;
	room->file = memfd_create("leakgraph", MFD_CLOEXEC);
	if (room->file < 0 || ftruncate(room->file, (off_t)room->bytes) != 0)
		return lg_fail(err, LG_E_MEMORY, "no memory for the copy: %s", strerror(errno));
	room->at = mmap(NULL, room->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, room->file, 0);
	if (room->at == MAP_FAILED) {
		room->at = NULL;
		return lg_fail(err, LG_E_MEMORY, "no memory for the copy: %s", strerror(errno));
	}
	return populate(room, now.bytes, err);
}

/* Stacks of all threads, thread-local storage of the main one or of whichever there is. */
static enum lg_status read_threads(const struct lg_threads *threads, struct lg_image *image,
				   struct lg_error *err)
{
	enum lg_status status = LG_OK;

	for (size_t i = 0; i < threads->count && status == LG_OK; i++) {
		const struct lg_thread_stop *stop = &threads->thread[i];
		struct user_regs_struct registers;

		if (!stop->stopped || !lg_trace_get_registers(stop->thread, &registers))
			continue;
		status = lg_image_add_stack(image, registers.rsp, err);
		if (!image->fs_base || stop->thread == threads->pid) {
			image->fs_base = registers.fs_base;
			image->gs_base = registers.gs_base;
		}
	}
	return status;
}

/* What is to be copied, into room for that. *busy: worth another attempt, with more of it. */
static enum lg_status attempt(void *context, struct lg_threads *threads, bool *busy,
			      struct lg_error *err)
{
	lg_cleanup(release) struct room room = {.file = -1};
	struct lg_plan *plan = context;
	enum lg_status status;

	lg_plan_free(plan);
	status = make_room(threads->pid, &room, err);
	if (status != LG_OK)
		return status;
	lg_cleanup(lg_close) int file = dup(room.file);
	if (file < 0)
		return lg_fail(err, LG_E_MEMORY, "no descriptor for the copy: %s", strerror(errno));
	status = lg_threads_stop(threads, busy, err);
	if (status != LG_OK)
		return status;
	status = lg_plan_make(threads->pid, &file, plan, err);
	if (status == LG_OK && plan->bytes > room.bytes) {
		*busy = true;
		status = lg_fail(err, LG_E_ATTACH,
				 "process %d grows faster than it can be copied: %llu bytes, room "
				 "was made for %llu",
				 threads->pid, (unsigned long long)plan->bytes,
				 (unsigned long long)room.bytes);
	}
	if (status == LG_OK)
		status = read_threads(threads, &plan->image, err);
	if (status == LG_OK)
		copy_all(threads->pid, plan, &room);
	lg_threads_resume(threads);
	return status;
}

enum lg_status lg_freeze_copy(pid_t pid, struct lg_freeze **out, struct lg_error *err)
{
	lg_cleanup(lg_plan_free) struct lg_plan plan = {0};
	lg_cleanup(lg_threads_free) struct lg_threads threads = {.pid = pid};
	uint64_t refused_bytes;
	enum lg_status status = lg_target_check(pid, err);

	*out = NULL;
	lg_guard_note()->target = pid;
	if (status == LG_OK)
		status = lg_attempts_make(&threads, attempt, &plan, err);
	if (status == LG_OK)
		status = lg_revive(&plan.image, out, &refused_bytes, err);
	if (status == LG_OK)
		(*out)->pause_ns = threads.stopped_ns;
	return status;
}
