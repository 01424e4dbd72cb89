// What toml++ compiles; see log.cpp.
#define TOML_IMPLEMENTATION
#include <toml++/toml.h>
