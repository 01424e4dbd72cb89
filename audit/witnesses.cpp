#include "audit/witnesses.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "tlog/note.hpp"
#include "tlog/proof.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

namespace sallyport::audit {
namespace {

constexpr const char* witnesses_file = "witnesses";
constexpr const char* countersigned_extension = ".countersigned";

/// Lines of a size and a name. What cannot be read is not remembered.
std::map<std::string, std::uint64_t, std::less<>> read_sizes(const std::filesystem::path& file) {
    std::map<std::string, std::uint64_t, std::less<>> sizes;
    const auto text = read_file(file);
    if (!text) return sizes;
    std::istringstream lines(*text);
    for (std::string line; std::getline(lines, line);) {
        const auto space = line.find(' ');
        const auto size = parse_decimal(line.substr(0, space));
        if (size && space != line.npos) sizes.emplace(line.substr(space + 1), *size);
    }
    return sizes;
}

}  // namespace

void Witnesses::begin(const std::string& origin, const tlog::Range& sealed) {
    const std::lock_guard lock(mutex_);
    if (origin == origin_ && sealed == newest_.range) return;
    origin_ = origin;
    ++beginnings_;
    newest_ = WitnessStep{.note = {}, .range = sealed};
    witnesses_.clear();
    remembered_ = read_sizes(folder_ / witnesses_file);
}

void Witnesses::sealed(const WitnessStep& step, const tlog::Range& all) {
    const std::lock_guard lock(mutex_);
    newest_ = step;
    newest_.range = all;
    for (auto& [name, witness] : witnesses_) {
        const bool may_grow = !(witness.offered && witness.steps.size() == 1);
        add_step(witness.steps, step, may_grow);
    }
}

/// One that was not heard of is offered everything.
Witnesses::Tracked& Witnesses::tracked(std::string_view witness) {
    if (const auto found = witnesses_.find(witness); found != witnesses_.end())
        return found->second;
    auto& added = witnesses_[std::string(witness)];
    if (!newest_.note.empty()) added.steps.push_back(newest_);
    if (newest_.note.empty()) added.old = newest_.range;
    return added;
}

std::optional<Unwitnessed> Witnesses::offer(std::string_view witness) {
    const std::lock_guard lock(mutex_);
    auto& tracked = this->tracked(witness);
    if (tracked.catching_up || tracked.steps.empty()) return std::nullopt;
    auto& steps = tracked.steps;
    while (steps.size() > 1 && !steps.front().key_changed) {
        grow(steps.front(), steps[1]);
        steps.erase(steps.begin() + 1);
    }
    tracked.offered = true;
    const auto& step = steps.front();
    return Unwitnessed{.note = step.note,
                       .size = step.range.end(),
                       .old_size = tracked.old.end(),
                       .proof = tlog::consistency_proof(tracked.old, step.range)};
}

Result<std::string> Witnesses::cosigned(std::string_view witness, std::uint64_t size,
                                        std::string_view signature_lines) {
    auto signatures = tlog::parse_signatures(signature_lines);
    if (!signatures) return signatures.error();
    std::unique_lock lock(mutex_);
    const auto found = witnesses_.find(witness);
    const bool expected = found != witnesses_.end() && found->second.offered &&
                          found->second.steps.front().range.end() == size;
    if (!expected)
        return Error{Errc::conflict, "no checkpoint of " + std::to_string(size) +
                                         " records was offered to " + std::string(witness)};
    auto& tracked = found->second;
    auto step = std::move(tracked.steps.front());
    auto note = tlog::Note::parse(step.note);
    if (!note) return note.error();
    for (auto& signature : *signatures) note->add(std::move(signature));
    tracked.steps.erase(tracked.steps.begin());
    tracked.offered = false;
    if (auto joined = tracked.old.append(step.range); !joined) return joined.error();
    lock.unlock();
    remember(witness, size);
    auto text = note->to_text();
    show(witness, text);
    // What is told can be looked up in the files.
    lock.lock();
    if (const auto still = witnesses_.find(witness); still != witnesses_.end())
        still->second.witnessed = std::max(still->second.witnessed, size);
    return text;
}

/// For auditors, who need not look for it among all checkpoints; and while one follows the other
/// quickly, it is not among them.
void Witnesses::show(std::string_view witness, const std::string& note) const {
    const auto file = folder_ / (std::string(witness) + countersigned_extension);
    if (auto written = replace_file(file, note, 0640); !written)
        log::warn("audit.countersigned_file", {{"error", to_text(written.error())}});
}

std::optional<std::uint64_t> Witnesses::remembered(std::string_view witness) {
    const std::lock_guard lock(mutex_);
    const auto found = remembered_.find(witness);
    if (found == remembered_.end() || witnesses_.contains(witness)) return std::nullopt;
    return found->second;
}

/// A file that is older than what the witness knows costs a question more, no evidence.
void Witnesses::remember(std::string_view witness, std::uint64_t size) {
    const std::lock_guard writing(file_mutex_);
    std::string text;
    {
        const std::lock_guard lock(mutex_);
        remembered_.insert_or_assign(std::string(witness), size);
        for (const auto& [name, known] : remembered_)
            text += std::to_string(std::max(known, witnessed_locked(name))) + ' ' + name + '\n';
    }
    if (auto written = replace_file(folder_ / witnesses_file, text, 0640); !written)
        log::warn("audit.witnesses_file", {{"error", to_text(written.error())}});
}

/// Whether what follows `size` is known without the files.
Result<bool> Witnesses::is_at_hand(Tracked& tracked, std::uint64_t size) {
    if (size > newest_.range.end())
        return Error{Errc::untrusted,
                     "it has countersigned " + std::to_string(size) + " records, and there are " +
                         std::to_string(newest_.range.end()) +
                         ": this log was rolled back, or a copy of it runs elsewhere"};
    if (tracked.catching_up)
        return Error{Errc::conflict, "what it has not countersigned is being read"};
    tracked.offered = false;
    if (tracked.old.end() == size) return true;
    if (size == 0) {  // it knows nothing, and needs no proof
        tracked.old = tlog::Range(0);
        tracked.steps = {newest_};
        return true;
    }
    if (tracked.steps.empty() || tracked.steps.front().range.end() != size) return false;
    // Its answer was lost. It countersigns what it knows again, where nothing follows.
    auto& first = tracked.steps.front();
    if (auto joined = tracked.old.append(first.range); !joined) return joined.error();
    first.range = tlog::Range(size);
    return true;
}

Result<void> Witnesses::knows(std::string_view witness, std::uint64_t size, const LogKeys& keys) {
    std::uint64_t beginning = 0;
    WitnessStep newest;
    {
        const std::lock_guard lock(mutex_);
        const auto kept = remembered_.find(witness);
        const auto known =
            std::max(witnessed_locked(witness), kept == remembered_.end() ? 0 : kept->second);
        if (size < known)
            log::warn("witness.forgot",
                      {{"witness", witness}, {"countersigned", known}, {"says", size}});
        auto& tracked = this->tracked(witness);
        const auto at_hand = is_at_hand(tracked, size);
        if (!at_hand) return at_hand.error();
        if (*at_hand) return {};
        beginning = beginnings_;
        newest = newest_;
        tracked.catching_up = true;
        tracked.steps.clear();
    }
    auto way = read_way_on(folder_, size, newest, keys);
    const std::lock_guard lock(mutex_);
    const auto found = witnesses_.find(witness);
    if (beginning != beginnings_ || found == witnesses_.end())
        return Error{Errc::conflict, "another log was begun meanwhile"};
    if (!way) {
        witnesses_.erase(found);
        return way.error();
    }
    auto& tracked = found->second;
    tracked.catching_up = false;
    tracked.old = std::move(way->old);
    for (const auto& step : std::exchange(tracked.steps, std::move(way->steps)))
        add_step(tracked.steps, step);
    return {};
}

std::uint64_t Witnesses::witnessed() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t newest = 0;
    for (const auto& [name, witness] : witnesses_) newest = std::max(newest, witness.witnessed);
    return newest;
}

std::uint64_t Witnesses::witnessed_by(std::string_view witness) const {
    const std::lock_guard lock(mutex_);
    return witnessed_locked(witness);
}

std::uint64_t Witnesses::countersigned_by(std::string_view witness) const {
    const std::lock_guard lock(mutex_);
    const auto found = remembered_.find(witness);
    return std::max(witnessed_locked(witness), found == remembered_.end() ? 0 : found->second);
}

std::uint64_t Witnesses::witnessed_locked(std::string_view witness) const {
    const auto found = witnesses_.find(witness);
    return found == witnesses_.end() ? 0 : found->second.witnessed;
}

}  // namespace sallyport::audit
