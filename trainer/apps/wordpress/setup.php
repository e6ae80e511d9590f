<?php
// Installs the blog and its people. Reads {"admin": {...}, "people": [...], "posts": [...]} from the file given.
define( 'WP_INSTALLING', true );
$_SERVER['HTTP_HOST']      = getenv( 'APP_HOST' );
$_SERVER['REQUEST_METHOD'] = 'GET';
require $argv[1] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
$site = json_decode( file_get_contents( $argv[2] ), true );
wp_install( $site['title'], $site['admin']['login'], $site['admin']['mail'], true, '', $site['admin']['password'] );
update_option( 'show_avatars', 0 );
update_option( 'permalink_structure', '/%year%/%monthnum%/%postname%/' );
update_option( 'comment_moderation', 0 );
update_option( 'comment_previously_approved', 0 );
update_option( 'comment_max_links', 10 );
update_option( 'users_can_register', 1 );
switch_theme( 'twentytwentyone' );
foreach ( $site['people'] as $one ) {
	wp_insert_user(
		array(
			'user_login'   => $one['login'],
			'user_pass'    => $one['password'],
			'user_email'   => $one['mail'],
			'first_name'   => $one['first'],
			'last_name'    => $one['last'],
			'display_name' => $one['first'] . ' ' . $one['last'],
			'role'         => $one['role'],
		)
	);
}
foreach ( $site['topics'] as $topic ) {
	wp_insert_term( $topic, 'category' );
}
foreach ( $site['posts'] as $n => $post ) {
	wp_insert_post(
		wp_slash(
			array(
				'post_title'    => $post['title'],
				'post_content'  => '<!-- wp:paragraph --><p>' . esc_html( $post['text'] ) . '</p><!-- /wp:paragraph -->',
				'post_status'   => 'publish',
				'post_author'   => 2 + $n % count( $site['people'] ),
				'post_category' => array( 1 + $n % ( 1 + count( $site['topics'] ) ) ),
			)
		)
	);
}
flush_rewrite_rules();
// Scripts of WordPress pile up a few milliseconds on every page when plugins would be looked for on the network.
update_option( 'fresh_site', 0 );
