// Before protobuf's own header of this name where the thread sanitizer is on: a map field has two counters more then, of which
// neither the library nor the generated code, both compiled without it, know anything.
#pragma once

#pragma push_macro("__SANITIZE_THREAD__")
#undef __SANITIZE_THREAD__
#include_next <google/protobuf/map_field.h>
#pragma pop_macro("__SANITIZE_THREAD__")
