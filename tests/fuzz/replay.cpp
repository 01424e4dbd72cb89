// What runs a fuzz target where libFuzzer is not: over each file of its corpus, and over copies of
// them with bytes changed by a generator that always gives the same numbers.
// Usage: NAME_fuzz CORPUS [CHANGED_COPIES]; a target that finds a fault aborts, as with libFuzzer.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

// The name that libFuzzer gives it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int copies_by_default = 2'000;
constexpr std::size_t changes_max = 4;
constexpr std::size_t input_bytes_max = 64 * 1024;

using Dice =
    std::mt19937_64;  // its numbers are fixed by the standard; those of distributions are not

std::size_t below(Dice& dice, std::size_t bound) { return dice() % bound; }

void run(const std::string& input) {
    // Its own block to the byte, so that a sanitizer sees who reads behind it.
    const std::vector<std::uint8_t> bytes(input.begin(), input.end());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::vector<std::string> read_corpus(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.is_regular_file()) names.push_back(entry.path());
    std::ranges::sort(names);
    std::vector<std::string> inputs;
    for (const auto& name : names) {
        std::ifstream in(name, std::ios::binary);
        inputs.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return inputs;
}

/// One byte or a few of them otherwise, gone, doubled, or from another input.
std::string changed(std::string input, const std::vector<std::string>& corpus, Dice& dice) {
    for (auto changes = 1 + below(dice, changes_max); changes > 0; --changes) {
        const auto at = below(dice, input.size() + 1);
        const auto length = std::min(1 + below(dice, 16), input.size() - at);
        switch (below(dice, 6)) {
            case 0:
                if (length > 0) input[at] = static_cast<char>(dice());
                break;
            case 1:
                if (length > 0) input[at] = static_cast<char>(input[at] ^ (1U << below(dice, 8)));
                break;
            case 2:
                input.erase(at, length);
                break;
            case 3:
                input.insert(at, std::string(input, at, length));
                break;
            case 4:
                input.insert(at, 1, static_cast<char>(dice()));
                break;
            default: {
                const auto& other = corpus[below(dice, corpus.size())];
                const auto from = below(dice, other.size() + 1);
                input.replace(at, length, other, from, 1 + below(dice, 32));
            }
        }
    }
    if (input.size() > input_bytes_max) input.resize(input_bytes_max);
    return input;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::cerr << "usage: " << argv[0] << " CORPUS [CHANGED_COPIES]\n";
        return 2;
    }
    auto corpus = read_corpus(argv[1]);
    corpus.emplace_back();
    for (const auto& input : corpus) run(input);
    const int copies = argc > 2 ? std::atoi(argv[2]) : copies_by_default;
    Dice dice(1);
    for (int i = 0; i < copies; ++i) run(changed(corpus[below(dice, corpus.size())], corpus, dice));
    std::cout << corpus.size() << " inputs, " << copies << " changed copies\n";
    return 0;
}
