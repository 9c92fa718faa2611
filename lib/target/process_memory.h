/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_PROCESS_MEMORY_H
#define LG_TARGET_PROCESS_MEMORY_H

#include <sys/types.h>

#include "base/memory.h"

/* Memory of a process by process_vm_readv; pid must outlive the use. */
struct lg_memory lg_process_memory(pid_t pid);

/* Writes exactly `bytes`; fails where the process itself could not write. */
enum lg_status lg_process_write(pid_t pid, uint64_t address, const void *buffer, size_t bytes,
				struct lg_error *err) LG_MUST_CHECK;

#endif
