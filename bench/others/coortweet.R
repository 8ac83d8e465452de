# What CooRTweet is asked, in R; see bench/peers.py.  Rscript coortweet.R SOURCE WINDOW_S RESULT
given <- commandArgs(trailingOnly = TRUE)
suppressMessages(library(CooRTweet))
posts <- read.csv(given[1], colClasses = c("character", "character", "character", "numeric"))
spent <- function() cat("CPU", sum(proc.time()[c("user.self", "sys.self", "user.child", "sys.child")], na.rm = TRUE), "\n")
spent()
found <- detect_groups(posts, time_window = as.numeric(given[2]), min_participation = 1, remove_loops = TRUE)
spent()
write.csv(found[, c("account_id", "account_id_y")], given[3], row.names = FALSE)
