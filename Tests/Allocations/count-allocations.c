// Counts what the allocator is asked for: LD_PRELOAD puts these in the place of glibc's own functions, to which they
// pass everything on. Scripts/check-allocations builds it; AllocationCounter of the test support reads the counts.

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

static atomic_long all, large;

// A page: what is larger holds values, what is smaller is bookkeeping.
static void count(size_t bytes) {
  atomic_fetch_add_explicit(&all, 1, memory_order_relaxed);
  if (bytes >= 4096) atomic_fetch_add_explicit(&large, 1, memory_order_relaxed);
}

long apus_allocations(void) { return atomic_load(&all); }
long apus_large_allocations(void) { return atomic_load(&large); }

void *malloc(size_t bytes) {
  count(bytes);
  return __libc_malloc(bytes);
}

void *calloc(size_t items, size_t bytes) {
  count(items * bytes);
  return __libc_calloc(items, bytes);
}

void *realloc(void *old, size_t bytes) {
  count(bytes);
  return __libc_realloc(old, bytes);
}

void *memalign(size_t alignment, size_t bytes) {
  count(bytes);
  return __libc_memalign(alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes) { return memalign(alignment, bytes); }

int posix_memalign(void **memory, size_t alignment, size_t bytes) {
  void *result = memalign(alignment, bytes);
  if (!result) return ENOMEM;
  *memory = result;
  return 0;
}
