#include "agent/text_diff.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace sallyport::agent {
namespace {

constexpr std::size_t around = 3;
/// Lines of the one text times lines of the other that are compared each with each.
constexpr std::size_t compared_pairs_max = 4'000'000;

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
    Lines lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return lines;
}

struct DiffLine {
    char kind = ' ';  // ' ', '-' or '+'
    std::string_view text;
};

/// The longest common lines stay, all others go and come.
void diff_middle(const Lines& before, const Lines& after, std::vector<DiffLine>& out) {
    const auto rows = before.size();
    const auto columns = after.size();
    std::vector<std::uint32_t> common;  // of the ends from (row, column)
    const bool is_small = rows * columns <= compared_pairs_max;
    if (is_small) common.resize((rows + 1) * (columns + 1));
    const auto at = [&](std::size_t row, std::size_t column) -> std::uint32_t& {
        return common[row * (columns + 1) + column];
    };
    for (auto row = is_small ? rows : 0; row-- > 0;)
        for (auto column = columns; column-- > 0;)
            at(row, column) = before[row] == after[column]
                                  ? at(row + 1, column + 1) + 1
                                  : std::max(at(row + 1, column), at(row, column + 1));
    std::size_t row = 0;
    std::size_t column = 0;
    while (row < rows || column < columns) {
        if (is_small && row < rows && column < columns && before[row] == after[column]) {
            out.push_back({' ', before[row++]});
            ++column;
        } else if (row < rows &&
                   (!is_small || column == columns || at(row + 1, column) >= at(row, column + 1))) {
            out.push_back({'-', before[row++]});
        } else {
            out.push_back({'+', after[column++]});
        }
    }
}

std::vector<DiffLine> diff_lines(const Lines& before, const Lines& after) {
    std::vector<DiffLine> all;
    const auto shorter = std::min(before.size(), after.size());
    std::size_t head = 0;
    while (head < shorter && before[head] == after[head]) ++head;
    std::size_t tail = 0;
    while (tail < shorter - head &&
           before[before.size() - 1 - tail] == after[after.size() - 1 - tail])
        ++tail;
    const auto middle = [&](const Lines& lines) {
        return Lines(lines.begin() + static_cast<std::ptrdiff_t>(head),
                     lines.end() - static_cast<std::ptrdiff_t>(tail));
    };
    for (std::size_t i = 0; i < head; ++i) all.push_back({' ', before[i]});
    diff_middle(middle(before), middle(after), all);
    for (auto i = before.size() - tail; i < before.size(); ++i) all.push_back({' ', before[i]});
    return all;
}

std::string place(std::size_t first, std::size_t count) {
    return std::to_string(count == 0 ? first : first + 1) + "," + std::to_string(count);
}

/// Lines [begin, end) of all, which begin at these numbers of both texts.
void append_hunk(const std::vector<DiffLine>& all, std::size_t begin, std::size_t end,
                 std::size_t before, std::size_t after, std::string& out) {
    std::size_t old_count = 0;
    std::size_t new_count = 0;
    std::string body;
    for (auto i = begin; i < end; ++i) {
        old_count += all[i].kind != '+' ? 1 : 0;
        new_count += all[i].kind != '-' ? 1 : 0;
        body += all[i].kind;
        body += all[i].text;
        if (!all[i].text.ends_with('\n')) body += "\n\\ No newline at end of file\n";
    }
    out.append("@@ -").append(place(before, old_count)).append(" +");
    out.append(place(after, new_count)).append(" @@\n").append(body);
}

}  // namespace

std::string unified_diff(std::string_view name, std::string_view before, std::string_view after) {
    if (before == after) return {};
    const auto all = diff_lines(lines_of(before), lines_of(after));
    std::string out;
    out.append("--- ").append(name).append("\n+++ ").append(name).append("\n");
    std::size_t old_line = 0;  // before all[i]
    std::size_t new_line = 0;
    for (std::size_t i = 0; i < all.size();) {
        if (all[i].kind == ' ') {
            ++i;
            ++old_line;
            ++new_line;
            continue;
        }
        const auto lead = std::min(around, std::min(old_line, new_line));
        const auto begin = i - std::min(lead, i);
        auto last = i;  // the last changed line of this hunk
        for (auto k = i; k < all.size() && k - last <= 2 * around; ++k)
            if (all[k].kind != ' ') last = k;
        const auto end = std::min(last + 1 + around, all.size());
        append_hunk(all, begin, end, old_line - (i - begin), new_line - (i - begin), out);
        for (; i < end; ++i) {
            old_line += all[i].kind != '+' ? 1 : 0;
            new_line += all[i].kind != '-' ? 1 : 0;
        }
    }
    return out;
}

}  // namespace sallyport::agent
