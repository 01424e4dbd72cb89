// The tests' precompiled header: the project's, and GoogleTest. Every file still includes what it
// uses.
#pragma once

#include "base/precompiled.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
