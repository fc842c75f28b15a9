// What one thread gives another through a library that the thread sanitizer does not see into, such as gRPC's queues:
// the giver calls HandOver, the taker TakeOver, with the same address. Without the sanitizer both are nothing.
#pragma once

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace steward {

#if defined(__SANITIZE_THREAD__)
inline void HandOver(void* what) { __tsan_release(what); }
inline void TakeOver(void* what) { __tsan_acquire(what); }
#else
inline void HandOver(void*) {}
inline void TakeOver(void*) {}
#endif

}  // namespace steward
