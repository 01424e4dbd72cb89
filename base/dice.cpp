#include "base/dice.hpp"

#include <random>

namespace sallyport {

double throw_dice() {
    thread_local std::mt19937_64 generator{std::random_device{}()};
    return std::uniform_real_distribution<double>(0, 1)(generator);
}

}  // namespace sallyport
