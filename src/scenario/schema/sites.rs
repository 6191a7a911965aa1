//! Generated sites as a file says them.

use super::declare::shape;

shape! {
    /// A generated internet: sites `site001.example`, `site002.example`, ..., each with a server `mx.site001.example`
    /// and users `pc1.site001.example` with the mailboxes `user1@site001.example`, on a ring of routers `core1`,
    /// `core2`, ... with chords. The same numbers always give the same hosts; hosts written in `hosts` can be linked
    /// to them by name.
    SITES "Sites" {
        /// How many sites.
        count: "whole number",
        /// How many users each site has.
        users_per_site: "whole number" = "3",
        /// How many routers there are in the middle.
        core_routers: "whole number" = "4",
        /// What sites are called: `site` gives `site001.example`.
        prefix: "text of letters and digits" = "\"site\"",
        /// The domain above the sites.
        under: "domain" = "\"example\"",
        /// Between a site and its router.
        link: "preset or Link" = "Fibre",
        /// Between routers.
        core_link: "preset or Link" = "Backbone",
        /// Between a user and the site's server.
        user_link: "preset or Link" = "Lan",
        /// What the servers are like; without domains and mailboxes.
        mta: "the fields of Mta" = "as an Mta that says nothing",
        /// What the users of all sites write to each other.
        mail: "SitesMail" = "nothing",
    }
}

shape! {
    /// Mail between the users of generated sites.
    SITES_MAIL "SitesMail" {
        /// How many mails.
        count: "whole number",
        /// How often, over all users together.
        rate: "rate, such as \"10/min\"" = "\"60/min\"",
        /// Or the time between two mails.
        every: "duration, or Fixed, Uniform, Exponential" = "by `rate`",
        /// How large they are.
        sizes: "size, or Fixed, Uniform, Pareto" = "\"4KiB\"",
        /// The first comes after this time.
        start: "time" = "\"0s\"",
    }
}
