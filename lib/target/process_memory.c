/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#include "target/process_memory.h"

typedef ssize_t (*transfer)(pid_t pid, const struct iovec *local, unsigned long local_count,
			    const struct iovec *remote, unsigned long remote_count,
			    unsigned long flags);

static enum lg_status transfer_all(transfer move, const char *verb, pid_t pid, uint64_t address,
				   void *buffer, size_t bytes, struct lg_error *err)
{
	size_t done = 0;

	while (done < bytes) {
		struct iovec local = {(char *)buffer + done, bytes - done};
		struct iovec remote = {(void *)(uintptr_t)(address + done), bytes - done};
		ssize_t got = move(pid, &local, 1, &remote, 1, 0);

		if (got > 0) {
			done += (size_t)got;
			continue;
		}
		if (got < 0 && errno == ESRCH)
			return lg_fail(err, LG_E_ATTACH, "process %d is gone", pid);
		return lg_fail(err, LG_E_UNREADABLE,
			       "process %d: %zu bytes at 0x%llx can't be %s: %s", pid, bytes - done,
			       (unsigned long long)(address + done), verb,
			       got < 0 ? strerror(errno) : "nothing was moved");
	}
	return LG_OK;
}

static enum lg_status read_process(void *context, uint64_t address, void *buffer, size_t bytes,
				   struct lg_error *err)
{
	return transfer_all(process_vm_readv, "read", (pid_t)(intptr_t)context, address, buffer,
			    bytes, err);
}

struct lg_memory lg_process_memory(pid_t pid)
{
	return (struct lg_memory){.read = read_process, .context = (void *)(intptr_t)pid};
}

enum lg_status lg_process_write(pid_t pid, uint64_t address, const void *buffer, size_t bytes,
				struct lg_error *err)
{
	return transfer_all(process_vm_writev, "written", pid, address, (void *)(uintptr_t)buffer,
			    bytes, err);
}
