#include "agent/principals.hpp"

#include "agent/refusals.hpp"
#include "certs/token_parse.hpp"
#include "net/loop.hpp"

#include <cassert>

namespace sallyport::agent {
namespace {

std::string_view issuer_of(const certs::ParsedToken& token) {
    const auto* issuer = token.claims.if_contains("iss");
    if (issuer == nullptr || !issuer->is_string()) return {};
    return issuer->get_string();
}

}  // namespace

void Principals::Question::refuse(http::Refusal refusal) {
    refusal_ = std::move(refusal);
    state_ = State::answered;
}

void Principals::resolve(Question& question, const SitePtr& site,
                         const mappings::PrincipalPolicy& policy, const http::HubFacts& facts,
                         Time now) {
    question.state_ = Question::State::answered;
    if (!policy.looks_at_tokens()) return;
    if (!facts.user_token.empty() && !facts.technical_token.empty())
        return question.refuse(principal_ambiguous());
    const bool technical = !facts.technical_token.empty();
    question.token_ = technical ? facts.technical_token : facts.user_token;
    question.type_ = technical ? certs::UserType::technical : certs::UserType::business;
    question.site_ = site;
    if (!question.token_.empty()) return answer(question, Patience::may_wait, now);
    if (policy.required) question.refuse(principal_required());
}

void Principals::recognize(Question& question, const SitePtr& site, const http::HubFacts& facts,
                           Time now) {
    question.state_ = Question::State::answered;
    const bool technical = !facts.technical_token.empty();
    if (facts.user_token.empty() && !technical) return;
    if (site->identity_providers.all().empty()) return;  // then tokens mean nothing here
    if (!facts.user_token.empty() && technical) return question.refuse(principal_ambiguous());
    question.token_ = technical ? facts.technical_token : facts.user_token;
    question.type_ = technical ? certs::UserType::technical : certs::UserType::business;
    question.site_ = site;
    budget_.asks(facts.tenant, facts.client);
    answer(question, Patience::for_the_record, now);
}

void Principals::answer(Question& question, Patience patience, Time now) {
    question.state_ = Question::State::answered;
    if (judged_for_ != question.site_) {
        memory_.clear();
        judged_for_ = question.site_;
    }
    if (question.token_.size() > certs::token_bytes_max) {
        const Error error{certs::TokenFault::malformed, "token: larger than 16 KiB"};
        return question.refuse(principal_refused(question.type_, error));
    }
    const auto digest = hash_(as_bytes(question.token_));
    const auto* known = memory_.find(digest, now);
    if (known != nullptr && (*known)->type == question.type_) {
        question.principal_ = *known;
        return;
    }
    if (patience == Patience::for_the_record && !budget_.take(now))
        return question.refuse(principal_unchecked());
    judge(question, digest, patience, now);
}

void Principals::judge(Question& question, const certs::Sha256& digest, Patience patience,
                       Time now) {
    const auto refuse = [&](const Error& error) {
        question.refuse(principal_refused(question.type_, error));
    };
    auto parsed = certs::parse_token(question.token_);
    if (!parsed) return refuse(parsed.error());
    const auto* provider = question.site_->identity_providers.find(issuer_of(*parsed));
    if (provider == nullptr)
        return refuse(
            {certs::TokenFault::issuer, "token: its issuer is not one that this site believes"});

    std::optional<certs::KeySet> keys = provider->keys;
    if (!provider->source.empty()) {
        const auto source = keys_->find(provider->source);
        if (source != keys_->end()) keys = source->second.keys;
        const bool is_fetched = source == keys_->end() || source->second.fetches > 0;
        if (!keys && !is_fetched && wait(question, provider->source, patience)) return;
    }
    if (!keys) return question.refuse(principal_keys_missing());

    ++judged_;
    auto expected = provider->expected;
    expected.now = now;
    const auto verified = certs::verify(question.token_, std::move(*parsed), *keys, expected);
    if (!verified) {
        const bool is_unknown_key = verified.error().code == certs::TokenFault::key;
        if (is_unknown_key && wait(question, provider->source, patience)) return;
        return refuse(verified.error());
    }
    auto principal = certs::principal_of(question.type_, *verified);
    if (!principal) return refuse(principal.error());
    question.principal_ = std::move(*principal);
    const auto until =
        question.principal_->expires_at + expected.leeway + expected.expiration_tolerance;
    memory_.keep(digest, question.principal_, question.principal_->bytes(), until);
}

/// Whether a fetch of these keys runs, or may begin now, so that the answer may change.
bool Principals::wait(Question& question, std::string_view source, Patience patience) {
    const auto found = keys_->find(source);
    if (found == keys_->end() || patience != Patience::may_wait) return false;
    if (!asked_.contains(source)) {
        asked_.emplace(source);
        refresh_(source);
    }
    const bool is_first = found->second.fetches == 0;
    if (!is_first && net::Loop::now() < found->second.refreshable_at) return false;
    question.state_ = Question::State::pending;
    question.source_ = found->first;
    question.fetches_ = found->second.fetches;
    waiting_.push_back(question);
    return true;
}

void Principals::use(daemon::KeySnapshotPtr keys) {
    const auto before = std::exchange(keys_, std::move(keys));
    asked_.clear();
    for (const auto& [source, known] : *before) {
        const auto now = keys_->find(source);
        if (now == keys_->end() || now->second.changes != known.changes) memory_.clear();
    }
    const auto now = std::chrono::system_clock::now();
    for (auto it = waiting_.begin(); it != waiting_.end();) {
        auto& question = *it;
        // `source_` lies in the snapshot before.
        const auto source = keys_->find(question.source_);
        const bool ended = source == keys_->end() || source->second.fetches != question.fetches_;
        if (!ended) question.source_ = source->first;
        ++it;
        if (!ended) continue;
        question.unlink();
        answer(question, Patience::has_waited, now);
        question.event_.set();
    }
}

}  // namespace sallyport::agent
